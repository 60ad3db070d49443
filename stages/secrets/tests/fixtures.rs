//! Every case under `fixtures/`, each compared whole.

use std::path::Path;

#[test]
fn fixtures() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    stage::harness::check_all(&secrets::stage(), &fixtures, |_| {});
}
