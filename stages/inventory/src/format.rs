//! What a lockfile format is, and the one list of them. Globs, names and documentation derive from it.

use model::{DependencyScope, Ecosystem, GapKind, Package, Span};

use crate::declaration::Declarations;
use crate::formats;
use crate::formats::requirements_txt::Constraints;
use crate::text::Malformed;

/// A format of files that name exact versions of packages. Each lives in a file of its own under `formats/`.
pub(crate) struct Format {
    /// Name, as it stands in [`model::Manifest::format`].
    pub(crate) name: &'static str,
    /// Which files have it.
    pub(crate) globs: &'static [&'static str],
    /// Family of its packages.
    pub(crate) ecosystem: Ecosystem,
    /// Whether it is read only where nothing else names the versions of its folder: what lists are compiled from.
    pub(crate) last_resort: bool,
    /// Reads a text. An error means that nothing of it could be read.
    pub(crate) parse: fn(&Source<'_>) -> Result<Parsed, Malformed>,
}

/// Every format. A new one is a file in `formats/` and its line here; of several that match a file the first counts.
pub(crate) static FORMATS: [Format; 9] = [
    formats::cargo_lock::FORMAT,
    formats::package_lock::FORMAT,
    formats::poetry_lock::FORMAT,
    formats::uv_lock::FORMAT,
    formats::go_mod::FORMAT,
    formats::go_work::FORMAT,
    formats::go_sum::FORMAT,
    formats::requirements_txt::FORMAT,
    formats::requirements_txt::SOURCES,
];

/// A text to read, with its surroundings.
pub(crate) struct Source<'a> {
    /// Path in the tree.
    pub(crate) path: &'a str,
    /// The text.
    pub(crate) text: &'a str,
    /// What other files say.
    pub(crate) nearby: &'a Nearby<'a>,
}

/// What other files of the tree say. A parser reads nothing else.
pub(crate) struct Nearby<'a> {
    /// What the projects of the tree ask for.
    pub(crate) declarations: &'a Declarations,
    /// Returns the text of the file at a path of the tree, when it is there and readable.
    pub(crate) read: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// Constraints files that were read already.
    pub(crate) constraints: &'a Constraints,
    /// Tells whether the run is to stop.
    pub(crate) cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// What a text says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Its packages, in the order of the text.
    pub(crate) packages: Vec<Package>,
    /// What it leaves open.
    pub(crate) troubles: Vec<Trouble>,
    /// The tree's own packages that it was made for, beside the one in its own folder.
    pub(crate) members: Vec<Member>,
    /// Further files that belong to it and are to be read as such a list, with the lines that name them.
    pub(crate) includes: Vec<(String, u32)>,
    /// How many of its entries are the tree's own packages: no registry has them, so they are not listed.
    pub(crate) local: u64,
}

/// One of the tree's own packages that a lockfile covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Member {
    /// By its folder, relative to the lockfile's.
    Folder(String),
    /// By its name.
    Named(String),
}

/// Something that a text leaves open; becomes a gap when the path is added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trouble {
    pub(crate) kind: GapKind,
    pub(crate) code: &'static str,
    pub(crate) line: Option<u32>,
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
}

impl Trouble {
    pub(crate) fn new(kind: GapKind, code: &'static str, line: u32, reason: impl Into<String>) -> Self {
        Self { kind, code, line: Some(line), reason: reason.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Returns a package of which nothing but name, version and place is known.
pub(crate) fn package(ecosystem: Ecosystem, name: &str, version: &str, span: Span) -> Package {
    Package {
        name: name.to_owned(),
        version: version.to_owned(),
        ecosystem,
        span,
        direct: None,
        scope: DependencyScope::Unknown,
        integrity: None,
        source: None,
        dependencies: Vec::new(),
    }
}
