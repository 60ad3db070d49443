//! How a package gets to a fixed version, in the words of the tool that wrote the lockfile.

use model::{Ecosystem, Package};

/// What is to be upgraded.
pub(crate) struct Upgrade<'a> {
    pub(crate) package: &'a Package,
    /// Format of the lockfile.
    pub(crate) format: &'a str,
    /// Smallest version that has the fix.
    pub(crate) fixed: &'a str,
    /// The direct dependency that the package comes through, as `name@version`, when it is another one.
    pub(crate) through: Option<&'a str>,
}

impl Upgrade<'_> {
    /// Returns what to do, one or two sentences.
    pub(crate) fn text(&self) -> String {
        let Self { package, fixed, .. } = self;
        let name = &package.name;
        let to = version(package.ecosystem, name, fixed);
        let command = self.command(&to);
        match self.through {
            Some(through) => format!(
                "Upgrade {name} to {to}: {command}. Where {through} does not allow that, upgrade it first."
            ),
            None => format!("Upgrade {name} to {to}: {command}."),
        }
    }

    fn command(&self, to: &str) -> String {
        let Package { name, version, .. } = self.package;
        let direct = self.package.direct == Some(true);
        match self.format {
            "Cargo.lock" => format!("run `cargo update {name}@{version} --precise {to}`"),
            "package-lock.json" if direct => format!("run `npm install {name}@{to}`"),
            "package-lock.json" => format!("run `npm update {name}`"),
            "poetry.lock" if direct => {
                format!("ask for `{name} >={to}` in pyproject.toml and run `poetry update {name}`")
            }
            "poetry.lock" => format!("run `poetry update {name}`"),
            "uv.lock" => format!("run `uv lock --upgrade-package {name}=={to}`"),
            "go.work" if is_release(name) => format!("run `go work edit -toolchain=go{to}`"),
            "go.work" => format!("replace it by `{name}@{to}` there"),
            "go.mod" | "go.sum" if is_release(name) => format!("run `go get toolchain@go{to}`"),
            "go.mod" | "go.sum" => format!("run `go get {name}@{to}`"),
            "requirements.txt" => {
                format!("write `{name}=={to}`, or compile the list anew with `--upgrade-package {name}`")
            }
            // A format that this list does not know: the version alone says enough.
            _ => "then make the lockfile anew".to_owned(),
        }
    }
}

/// Tells whether a module stands for the Go release itself.
fn is_release(name: &str) -> bool {
    matches!(name, "stdlib" | "toolchain")
}

/// Returns a version as commands want it: advisories of Go leave out the `v`.
fn version(ecosystem: Ecosystem, name: &str, fixed: &str) -> String {
    match ecosystem {
        Ecosystem::Go if !is_release(name) && fixed.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("v{fixed}")
        }
        Ecosystem::Go | Ecosystem::CratesIo | Ecosystem::Npm | Ecosystem::PyPI => fixed.to_owned(),
    }
}
