//! What a file's path says about its content, reduced to what the engine uses.

mod area;

use std::collections::HashMap;
use std::sync::OnceLock;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use crate::readers::Reader;
pub use area::Area;

/// What kind of text the extension promises; it decides whether an unquoted word can be a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Language {
    /// Nothing is known.
    Unknown,
    /// A programming language: values are quoted, all else is an expression.
    Code,
    /// A shell, where an unquoted word is a value.
    Shell,
    /// Settings, one per line, mostly unquoted.
    Settings,
    /// JSON and its kin: everything is quoted.
    Json,
    /// Markup: attributes are quoted, elements hold bare text.
    Markup,
    /// Prose, with pieces of everything.
    Prose,
    /// Made by a tool, for a tool: lock files, source maps, minified code.
    Generated,
}

/// What a path says. The same content under paths with equal hints gives equal results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hint {
    /// The reader for files of this name, when there is one.
    pub(crate) reader: Option<Reader>,
    /// What the extension promises.
    pub(crate) language: Language,
    /// What part of the project it is.
    pub(crate) area: Area,
}

const CODE: &[&str] = &[
    "cjs", "cshtml", "cts", "mts", "rake", "razor", "asm", "c", "cc", "clj", "cljs", "coffee", "cpp", "cs",
    "csx", "cxx", "d", "dart", "elm", "erl", "ex", "exs", "f90", "fs", "go", "gql", "gradle", "graphql",
    "groovy", "h", "haml", "hpp", "hs", "hx", "java", "jl", "js", "jsx", "kt", "kts", "lua", "m", "mjs",
    "ml", "mm", "nim", "pas", "php", "pl", "pm", "proto", "py", "pyx", "r", "rb", "rs", "scala", "sol",
    "sql", "svelte", "swift", "tcl", "ts", "tsx", "v", "vb", "vue", "zig",
];
const SHELL: &[&str] = &[
    "bash",
    "bat",
    "cmd",
    "csh",
    "dockerfile",
    "fish",
    "ksh",
    "mak",
    "mk",
    "nix",
    "ps1",
    "psm1",
    "sh",
    "zsh",
];
const SETTINGS: &[&str] = &[
    "cfg",
    "cnf",
    "conf",
    "config",
    "dist",
    "env",
    "hcl",
    "ini",
    "local",
    "prefs",
    "properties",
    "rc",
    "reg",
    "tf",
    "tfvars",
    "toml",
    "yaml",
    "yml",
];
const JSON: &[&str] =
    &["avsc", "geojson", "ipynb", "json", "json5", "jsonc", "jsonl", "ndjson", "tfstate", "webmanifest"];
const MARKUP: &[&str] = &[
    "config", "csproj", "htm", "html", "jsp", "plist", "pom", "props", "rdf", "resx", "svg", "wsdl", "xhtml",
    "xml", "xsd", "xsl",
];
const PROSE: &[&str] =
    &["adoc", "asciidoc", "log", "markdown", "md", "mdx", "org", "po", "pot", "rst", "tex", "txt"];
const GENERATED: &[&str] = &["lock", "map", "sum", "snap"];

impl Hint {
    /// Says nothing: for content whose path is not known.
    pub const NONE: Self = Self { reader: None, language: Language::Unknown, area: Area::Main };

    /// Reads a path with `/`.
    pub fn of(path: &str) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = name.to_ascii_lowercase();
        Self { reader: Reader::of(path, &name), language: language(&name), area: area::of(folder, &name) }
    }

    /// Returns what a file of this name may be, where its folder is not known: one hint for each reader that could be meant.
    pub(crate) fn by_name(name: &str) -> impl Iterator<Item = Self> {
        let lower = name.to_ascii_lowercase();
        let language = language(&lower);
        let readers: Vec<Reader> = Reader::of_name(&lower).collect();
        readers.into_iter().map(move |reader| Self { reader: Some(reader), language, area: Area::Main })
    }

    /// Returns the bytes that tell this hint from others, for a memo's key.
    pub fn key(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }
}

fn language(name: &str) -> Language {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if name.ends_with(".min.js")
        || name.ends_with(".min.css")
        || name.ends_with("-lock.json")
        || name == "pnpm-lock.yaml"
        // What Chrome keeps in a profile.
        || matches!(name, "local state" | "secure preferences")
    {
        return Language::Generated;
    }
    if matches!(
        name,
        "dockerfile" | "makefile" | "containerfile" | "procfile" | "vagrantfile" | "jenkinsfile"
    ) {
        return if matches!(name, "vagrantfile" | "jenkinsfile") { Language::Code } else { Language::Shell };
    }
    if name.starts_with(".env") || name.starts_with("dockerfile.") {
        return if name.starts_with('.') { Language::Settings } else { Language::Shell };
    }
    // A leading dot and no other: `.bashrc`, `.npmrc`.
    if name.starts_with('.') && name.ends_with("rc") || name.ends_with("profile") && !extension.is_empty() {
        return if name.contains("sh") { Language::Shell } else { Language::Settings };
    }
    EXTENSIONS.get_or_init(extensions).get(extension).copied().unwrap_or(Language::Unknown)
}

/// The lists above by word: a repository has a hundred thousand paths.
type Extensions = HashMap<&'static str, Language, RandomState>;

static EXTENSIONS: OnceLock<Extensions> = OnceLock::new();

fn extensions() -> Extensions {
    let languages = [
        (CODE, Language::Code),
        (SHELL, Language::Shell),
        (JSON, Language::Json),
        (MARKUP, Language::Markup),
        (SETTINGS, Language::Settings),
        (PROSE, Language::Prose),
        (GENERATED, Language::Generated),
    ];
    let mut extensions = Extensions::default();
    for (words, language) in languages {
        for word in words {
            extensions.entry(*word).or_insert(language);
        }
    }
    extensions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, language: Language, area: Area) {
        let hint = Hint::of(path);
        assert_eq!((hint.language, hint.area), (language, area), "{path}");
    }

    #[test]
    fn paths_say_what_a_file_is() {
        check("src/main.rs", Language::Code, Area::Main);
        check("tests/data/a.json", Language::Json, Area::Test);
        check("pkg/server_test.go", Language::Code, Area::Test);
        check("src/app.spec.ts", Language::Code, Area::Test);
        check("t/lib-http.sh", Language::Shell, Area::Test);
        check("api/integration-tests/login.py", Language::Code, Area::Test);
        check("src/Shop.Tests/Login.cs", Language::Code, Area::Test);
        check("vitest/login.py", Language::Code, Area::Main);
        check("README.md", Language::Prose, Area::Example);
        check("docs/setup.rst", Language::Prose, Area::Example);
        check(".env.example", Language::Settings, Area::Example);
        check("deploy/Dockerfile", Language::Shell, Area::Main);
        check("vendor/lib/test/x.php", Language::Code, Area::Vendored);
        check("web.config", Language::Markup, Area::Main);
        check("package-lock.json", Language::Generated, Area::Main);
        check("driver/Default/Secure Preferences", Language::Generated, Area::Main);
        check("home/.bashrc", Language::Shell, Area::Main);
        check("config/locales/pt-BR.yml", Language::Settings, Area::Words);
        check("client/src/__locales/da.json", Language::Json, Area::Words);
        check("client/src/__config/da.json", Language::Json, Area::Main);
        check("src/main/resources/messages_fr.properties", Language::Settings, Area::Words);
        check("services/messages/config.yaml", Language::Settings, Area::Main);
        check("lang/compiler/settings.toml", Language::Settings, Area::Main);
        check("res/values-de/strings.xml", Language::Markup, Area::Words);
        check("lang/en/auth.php", Language::Code, Area::Words);
        check("ui/app.xliff", Language::Unknown, Area::Words);
        check("LICENSE", Language::Unknown, Area::Main);
        check("lang/aa-ER/auth.php", Language::Code, Area::Words);
        check("app/Locale/my_MY/translations.php", Language::Code, Area::Words);
        check("src/i18n/no.json", Language::Json, Area::Words);
        check("lang/de_informal/auth.php", Language::Code, Area::Words);
        check("translations/messages.ca.yml", Language::Settings, Area::Words);
        check("src/lang/bar.json", Language::Json, Area::Words);
        check("modules/backend/lang/rs/lang.php", Language::Code, Area::Words);
        check("src/lang/ca@valencia.json", Language::Json, Area::Words);
        check("pkg/lang/src/vault.go", Language::Code, Area::Main);
        check("pkg/.snapshots/page.json", Language::Json, Area::Test);
        check("services/messages/db.settings.yml", Language::Settings, Area::Main);
        check(".github/workflows/build.yml", Language::Settings, Area::Test);
        check(".circleci/config.yml", Language::Settings, Area::Test);
        check("ci/build.sh", Language::Shell, Area::Test);
        check("playwright/config.ts", Language::Code, Area::Test);
        check(".env.ci", Language::Settings, Area::Test);
        check(".gitlab-ci.yml", Language::Settings, Area::Test);
    }
}
