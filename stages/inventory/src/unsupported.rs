//! Lockfiles that are known and not read yet, and manifests that name versions themselves, as those of Maven and NuGet do.
//! Each is a gap: what it names is not looked at.

use model::Ecosystem;

/// What to do about a file that is not read yet.
pub(crate) const WAIVE: &str = "waive it by `gap: unsupported-format` and its `path`, or leave the file out with `inventory: { exclude: [...] }`";

/// A name of files that are not read yet.
pub(crate) struct Unsupported {
    /// Which files these are.
    pub(crate) glob: &'static str,
    /// What they name, for the message.
    pub(crate) what: &'static str,
    /// The family whose manifests they cover, by its name in the OSV schema where it has one.
    pub(crate) family: &'static str,
    /// Where not all such files name packages: one of these stands in those that do.
    pub(crate) words: &'static [&'static str],
}

const fn of(glob: &'static str, what: &'static str, family: &'static str) -> Unsupported {
    Unsupported { glob, what, family, words: &[] }
}

const fn with(
    glob: &'static str,
    what: &'static str,
    family: &'static str,
    words: &'static [&'static str],
) -> Unsupported {
    Unsupported { glob, what, family, words }
}

const NPM: &str = Ecosystem::Npm.name();
const PYTHON: &str = Ecosystem::PyPI.name();

/// How projects of .NET name packages.
const NUGET: &[&str] = &["PackageReference", "PackageVersion", "<package "];

/// All of them. A line leaves this list when its format joins that of [`crate::format`].
pub(crate) static UNSUPPORTED: [Unsupported; 49] = [
    of("**/yarn.lock", "npm packages", NPM),
    of("**/pnpm-lock.yaml", "npm packages", NPM),
    of("**/bun.lock", "npm packages", NPM),
    of("**/bun.lockb", "npm packages", NPM),
    of("**/deno.lock", "npm packages and modules by address", NPM),
    of("**/Pipfile.lock", "Python packages", PYTHON),
    of("**/pdm.lock", "Python packages", PYTHON),
    of("**/pylock.toml", "Python packages", PYTHON),
    of("**/pylock.*.toml", "Python packages", PYTHON),
    of("**/pixi.lock", "Conda packages", "Conda"),
    of("**/*conda-lock.yml", "Conda packages", "Conda"),
    of("**/pom.xml", "Maven packages", "Maven"),
    of("**/*gradle.lockfile", "Maven packages", "Maven"),
    of("**/gradle/dependency-locks/*.lockfile", "Maven packages", "Maven"),
    with("**/*.gradle", "Maven packages", "Maven", &["dependencies"]),
    with("**/*.gradle.kts", "Maven packages", "Maven", &["dependencies"]),
    with("**/*.versions.toml", "Maven packages", "Maven", &["[libraries]", "[plugins]"]),
    with("**/build.sbt", "Maven packages", "Maven", &["libraryDependencies"]),
    with("**/project.clj", "Maven packages", "Maven", &[":dependencies"]),
    with("**/deps.edn", "Maven packages", "Maven", &[":deps"]),
    with("**/ivy.xml", "Maven packages", "Maven", &["<dependency "]),
    of("**/maven_install.json", "Maven packages", "Maven"),
    of("**/packages.lock.json", "NuGet packages", "NuGet"),
    with("**/*.[cC][sS][pP][rR][oO][jJ]", "NuGet packages", "NuGet", NUGET),
    with("**/*.[fF][sS][pP][rR][oO][jJ]", "NuGet packages", "NuGet", NUGET),
    with("**/*.[vV][bB][pP][rR][oO][jJ]", "NuGet packages", "NuGet", NUGET),
    with("**/[dD]irectory.[pP]ackages.props", "NuGet packages", "NuGet", NUGET),
    with("**/[dD]irectory.[bB]uild.props", "NuGet packages", "NuGet", NUGET),
    with("**/[pP]ackages.config", "NuGet packages", "NuGet", NUGET),
    of("**/paket.lock", "NuGet packages", "NuGet"),
    of("**/composer.lock", "Composer packages", "Packagist"),
    of("**/Gemfile.lock", "Ruby gems", "RubyGems"),
    of("**/gems.locked", "Ruby gems", "RubyGems"),
    of("**/mix.lock", "Hex packages", "Hex"),
    of("**/rebar.lock", "Hex packages", "Hex"),
    of("**/pubspec.lock", "Dart packages", "Pub"),
    of("**/Package.resolved", "Swift packages", "SwiftURL"),
    of("**/Podfile.lock", "CocoaPods", "CocoaPods"),
    of("**/Cartfile.resolved", "Carthage packages", "Carthage"),
    of("**/conan.lock", "Conan packages", "ConanCenter"),
    with("**/vcpkg.json", "vcpkg packages", "vcpkg", &["\"dependencies\""]),
    of("**/stack.yaml.lock", "Haskell packages", "Hackage"),
    of("**/cabal.project.freeze", "Haskell packages", "Hackage"),
    of("**/renv.lock", "R packages", "CRAN"),
    of("**/Manifest.toml", "Julia packages", "Julia"),
    of("**/Manifest-v*.toml", "Julia packages", "Julia"),
    of("**/shard.lock", "Crystal packages", "Crystal"),
    of("**/cpanfile.snapshot", "Perl packages", "CPAN"),
    of("**/MODULE.bazel.lock", "Bazel modules", "Bazel"),
];
