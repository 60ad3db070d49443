//! Sign-ins of package registries: cargo, RubyGems, Composer, Conan, Hex, pip, Poetry, conda.

use super::syntax::json;
use super::syntax::pairs::{self, Separator};
use super::{Field, Format, is_one_of, pick};

pub(super) const FORMAT: Format = Format {
    rule: "package-registry-credential",
    names: &[
        ".cargo/credentials",
        ".cargo/credentials.toml",
        ".gem/credentials",
        "auth.json",
        "poetry/auth.toml",
        "pypoetry/auth.toml",
        ".hex/hex.config",
        ".bundle/config",
        ".conan/credentials",
        ".condarc",
    ],
    read,
};

const SECRET: &[&str] =
    &["token", "password", ":rubygems_api_key", "rubygems_api_key", ":rubygems_api_key:", "api_key"];
/// Under these names Composer keeps a value for each host.
const HOSTS: &[&str] = &["github-oauth", "gitlab-token", "gitlab-oauth", "bearer"];

fn read(text: &[u8]) -> Vec<Field> {
    let markup = text.trim_ascii_start().starts_with(b"{");
    let values = if markup { json::read(text) } else { pairs::read(text, Separator::Sign) };
    pick(values, |value| {
        let bundled = value.name().to_ascii_uppercase().starts_with("BUNDLE_") && value.name().contains("__");
        is_one_of(value.name(), SECRET)
            || is_one_of(value.parent(), HOSTS)
            || bundled && !value.name().to_ascii_uppercase().starts_with("BUNDLE_BUILD")
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn registries_are_read() {
        check(".cargo/credentials.toml", "[registry]\ntoken = \"abc1\"\n", &["abc1"]);
        check(".gem/credentials", "---\n:rubygems_api_key: abc1\n", &["abc1"]);
        check(
            "auth.json",
            r#"{"http-basic": {"h": {"username": "u", "password": "abc1"}}, "github-oauth": {"github.com": "abc2"}}"#,
            &["abc1", "abc2"],
        );
    }
}
