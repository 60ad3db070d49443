//! Settings of Docker's client: names and passwords of registries in base64, and tokens.

use super::syntax::json;
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "docker-config-credential",
    names: &[
        ".dockercfg",
        ".docker/config.json",
        "docker/config.json",
        "dockerconfig.json",
        ".dockerconfigjson",
        "docker-config.json",
        "containers/auth.json",
    ],
    read,
};

fn read(text: &[u8]) -> Vec<Field> {
    pick(json::read(text), |value| {
        is_one_of(value.name(), &["auth", "identitytoken", "registrytoken", "password"])
            && value.path.len() > 1
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn every_registry_has_its_own() {
        check(
            ".docker/config.json",
            r#"{"auths": {"r.example": {"auth": "YTpi", "email": "a@b"}}}"#,
            &["YTpi"],
        );
        check(
            ".dockercfg",
            r#"{"r.example": {"auth": "YTpi"}, "s.example": {"identitytoken": "t-1"}}"#,
            &["YTpi", "t-1"],
        );
    }
}
