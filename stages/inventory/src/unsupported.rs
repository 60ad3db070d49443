//! Lockfiles that are known and not read yet. Each is a gap: what it names is not looked at.

use model::Ecosystem;

/// A name of lockfiles that are not read yet.
pub(crate) struct Unsupported {
    /// Which files these are.
    pub(crate) glob: &'static str,
    /// What they lock, for the message.
    pub(crate) what: &'static str,
    /// The family whose manifests they cover, where the manifests are read.
    pub(crate) ecosystem: Option<Ecosystem>,
}

const fn of(glob: &'static str, what: &'static str, ecosystem: Option<Ecosystem>) -> Unsupported {
    Unsupported { glob, what, ecosystem }
}

/// All of them. A line leaves this list when its format joins that of [`crate::format`].
pub(crate) static UNSUPPORTED: [Unsupported; 24] = [
    of("**/yarn.lock", "npm packages", Some(Ecosystem::Npm)),
    of("**/pnpm-lock.yaml", "npm packages", Some(Ecosystem::Npm)),
    of("**/bun.lock", "npm packages", Some(Ecosystem::Npm)),
    of("**/bun.lockb", "npm packages", Some(Ecosystem::Npm)),
    of("**/deno.lock", "npm packages and modules by address", Some(Ecosystem::Npm)),
    of("**/Pipfile.lock", "Python packages", Some(Ecosystem::PyPI)),
    of("**/pdm.lock", "Python packages", Some(Ecosystem::PyPI)),
    of("**/pylock.toml", "Python packages", Some(Ecosystem::PyPI)),
    of("**/conda-lock.yml", "Conda packages", None),
    of("**/pom.xml", "Maven packages", None),
    of("**/gradle.lockfile", "Maven packages", None),
    of("**/packages.lock.json", "NuGet packages", None),
    of("**/composer.lock", "Composer packages", None),
    of("**/Gemfile.lock", "Ruby gems", None),
    of("**/mix.lock", "Hex packages", None),
    of("**/rebar.lock", "Hex packages", None),
    of("**/pubspec.lock", "Dart packages", None),
    of("**/Package.resolved", "Swift packages", None),
    of("**/Podfile.lock", "CocoaPods", None),
    of("**/conan.lock", "Conan packages", None),
    of("**/stack.yaml.lock", "Haskell packages", None),
    of("**/cabal.project.freeze", "Haskell packages", None),
    of("**/renv.lock", "R packages", None),
    of("**/Manifest.toml", "Julia packages", None),
];
