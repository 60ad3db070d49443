//! Where a package comes from, and whether the advisories of its ecosystem can speak of it.
//!
//! Those of crates.io are about the crates of its index. A crate of the same name from a git repository or from another
//! registry is another crate, or a changed one: to judge it by its name would be a guess either way.

use model::{Ecosystem, Package};

/// Tells whether the advisories of the ecosystem speak of this package. Only where the lockfile says that it comes from
/// elsewhere they do not.
pub(crate) fn is_public(package: &Package) -> bool {
    match (package.ecosystem, package.source.as_deref()) {
        (Ecosystem::CratesIo, Some(source)) if !source.is_empty() => is_index(source),
        (Ecosystem::CratesIo | Ecosystem::Go | Ecosystem::Npm | Ecosystem::PyPI, _) => true,
    }
}

/// Tells whether a source of cargo is the public index, in git or over HTTP. A mirror of it keeps its name.
fn is_index(source: &str) -> bool {
    let source = source.split('#').next().unwrap_or(source).trim_end_matches('/');
    let name = Ecosystem::CratesIo.name();
    let in_git = source.strip_prefix("registry+").and_then(|address| address.rsplit('/').next());
    let over_http = source.strip_prefix("sparse+https://");
    in_git.is_some_and(|last| last.strip_suffix("-index") == Some(name))
        || over_http.is_some_and(|host| host.strip_prefix("index.") == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_index_is_public() {
        let name = Ecosystem::CratesIo.name();
        for source in [
            format!("registry+https://git.example/rust/{name}-index"),
            format!("registry+https://git.example/rust/{name}-index#0123"),
            format!("sparse+https://index.{name}/"),
        ] {
            assert!(is_index(&source), "{source}");
        }
        for source in [
            "git+https://git.example/a.git#0123".to_owned(),
            format!("git+https://git.example/{name}-index"),
            "registry+https://registry.example/index".to_owned(),
            "sparse+https://registry.example/index/".to_owned(),
            format!("sparse+https://own.example/index.{name}/"),
        ] {
            assert!(!is_index(&source), "{source}");
        }
    }
}
