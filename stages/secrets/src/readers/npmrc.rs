//! Settings of npm and yarn: tokens and passwords of registries.

use super::syntax::pairs::{self, Separator};
use super::{Field, Format, pick};

pub(super) const FORMAT: Format =
    Format { rule: "npmrc-credential", names: &[".npmrc", "npmrc", ".yarnrc", ".yarnrc.yml"], read };

/// Names of settings that open a registry; a registry's own stand behind its address and a `:`.
const SECRET: &[&str] = &["_authtoken", "_auth", "_password", "npmauthtoken", "npmauthident"];

fn read(text: &[u8]) -> Vec<Field> {
    pick(pairs::read(text, Separator::Sign), |value| {
        let name = value.name().rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        SECRET.contains(&name.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn tokens_are_read_and_variables_are_not() {
        check(
            ".npmrc",
            "registry=https://r.example\n//r.example/:_authToken=abc-def\n_auth = YTpi\n",
            &["abc-def", "YTpi"],
        );
        check(".npmrc", "//r.example/:_authToken=${NPM_TOKEN}\n", &[]);
        check(".yarnrc.yml", "npmRegistries:\n  \"//r.example\":\n    npmAuthToken: abcdef\n", &["abcdef"]);
    }
}
