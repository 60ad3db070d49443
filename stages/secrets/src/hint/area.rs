//! What part of a project a path speaks of.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use crate::locale;

/// What part of a project the file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Area {
    /// The project itself.
    Main,
    /// Tests and their data.
    Test,
    /// Examples, samples, templates, documentation.
    Example,
    /// Code of others that is kept here.
    Vendored,
    /// Texts of the user interface in some language: they speak of passwords and hold none.
    Words,
}

const TEST: &[&str] = &[
    ".circleci",
    ".github",
    ".snapshots",
    "__snapshots__",
    "cassettes",
    "ci",
    "cypress",
    "factories",
    "playwright",
    "t",
    "testcase",
    "testcases",
    "testfixtures",
    "testutil",
    "testutils",
    "test",
    "tests",
    "testing",
    "spec",
    "specs",
    "__tests__",
    "testdata",
    "test_data",
    "e2e",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "__mocks__",
];
/// Files that say how a project is tested.
const TEST_FILES: &[&str] = &[
    ".drone.yml",
    ".gitlab-ci.yml",
    ".travis.yml",
    "appveyor.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "phpunit.xml",
    "phpunit.xml.dist",
];
const EXAMPLE: &[&str] = &[
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "doc",
    "docs",
    "documentation",
    "template",
    "templates",
    "tutorial",
    "tutorials",
];
const VENDORED: &[&str] = &[
    "vendor",
    "node_modules",
    "third_party",
    "third-party",
    "thirdparty",
    "bower_components",
    "site-packages",
    "external",
];

const WORDS: &[&str] = &[
    "i18n",
    "l10n",
    "lang",
    "langs",
    "language",
    "languages",
    "locale",
    "locales",
    "localization",
    "messages",
    "nls",
    "strings",
    "translation",
    "translations",
    "lproj",
];

/// The lists above by word.
type Words = HashMap<&'static [u8], Area, RandomState>;

static BY_WORD: OnceLock<Words> = OnceLock::new();

fn by_word() -> Words {
    let areas =
        [(VENDORED, Area::Vendored), (WORDS, Area::Words), (TEST, Area::Test), (EXAMPLE, Area::Example)];
    areas.iter().flat_map(|(words, area)| words.iter().map(|word| (word.as_bytes(), *area))).collect()
}

/// Returns the area of a file by its folder, and by its name in lower case.
pub(super) fn of(folder: &str, name: &str) -> Area {
    let Folder { mut among, language, lists_languages } = Folder::of(folder);
    if among.has(Area::Vendored) {
        return Area::Vendored;
    }
    let known = BY_WORD.get_or_init(by_word);
    let mut parts = name.as_bytes().split(|byte| *byte == b'.');
    let stem = parts.next().unwrap_or_default().split(|byte| matches!(byte, b'_' | b'-'));
    stem.chain(parts).for_each(|word| among.add(known.get(word).copied()));
    let is_of_language = || language || locale::is_of_language(name, lists_languages);
    if locale::is_translation(name) || among.has(Area::Words) && is_of_language() {
        Area::Words
    } else if among.has(Area::Test) || TEST_FILES.contains(&name) {
        Area::Test
    } else if among.has(Area::Example) || name.starts_with("readme") {
        Area::Example
    } else {
        Area::Main
    }
}

/// What a folder says of all its files.
#[derive(Debug, Clone, Copy, Default)]
struct Folder {
    among: Among,
    /// Whether it is that of a language.
    language: bool,
    /// Whether it holds a file or a folder for each language.
    lists_languages: bool,
}

thread_local! {
    /// The folder asked for last: files are gone through from folder to folder.
    static LAST: RefCell<(String, Folder)> = RefCell::default();
}

impl Folder {
    fn of(folder: &str) -> Self {
        LAST.with_borrow_mut(|(last, said)| {
            if last != folder {
                *said = Self::read(&folder.to_ascii_lowercase());
                folder.clone_into(last);
            }
            *said
        })
    }

    fn read(folder: &str) -> Self {
        let known = BY_WORD.get_or_init(by_word);
        let mut among = Among::default();
        for part in folder.split('/').map(str::as_bytes) {
            // `_locales` holds the texts of a browser's extension.
            let bare =
                part.iter().position(|byte| *byte != b'_').and_then(|at| part.get(at..)).unwrap_or(part);
            among.add(known.get(part).or_else(|| known.get(bare)).copied());
            let is_between = |byte: &u8| matches!(byte, b'_' | b'-' | b'.');
            if part.iter().any(is_between) {
                let words = part.split(is_between).filter_map(|word| known.get(word).copied());
                words.filter(|area| *area == Area::Test).for_each(|area| among.add(Some(area)));
            }
        }
        Self {
            among,
            language: locale::is_folder_of_language(folder),
            lists_languages: locale::lists_languages(folder),
        }
    }
}

/// The areas that parts of a path speak of.
#[derive(Debug, Clone, Copy, Default)]
struct Among(u8);

impl Among {
    const fn bit(area: Area) -> u8 {
        1 << area as u8
    }

    fn add(&mut self, area: Option<Area>) {
        self.0 |= area.map_or(0, Self::bit);
    }

    const fn has(self, area: Area) -> bool {
        self.0 & Self::bit(area) != 0
    }
}
