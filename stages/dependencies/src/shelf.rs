//! The advisories at hand: the shards of the database that the packages call for, and the project's own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use advisory::{Collection, Index};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Ecosystem, GapKind, Inventory, Package};
use stage::{Given, StageError};

use crate::config::{Checked, Database};
use crate::origin::is_public;

/// Name of the data set.
pub(crate) const DATA: &str = "advisories";
/// What to do about a database that is missing or damaged.
pub(crate) const UPDATE: &str = "run `sluicegate db update`";
/// What to do about one that is too old.
const RENEW: &str = "run `sluicegate db update`; in the section, `max-age: 7d` counts an older one as missing, and `none` takes any age";

/// The advisories at hand.
#[derive(Default)]
pub(crate) struct Shelf {
    database: BTreeMap<Ecosystem, Index>,
    own: BTreeMap<String, Index>,
    pub(crate) gaps: Vec<Open>,
}

/// Something that was not looked at; becomes a gap of the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) kind: GapKind,
    pub(crate) code: &'static str,
    /// Empty where no file is concerned.
    pub(crate) path: String,
    pub(crate) line: Option<u32>,
    pub(crate) reason: String,
    pub(crate) hint: Option<&'static str>,
}

/// Says that the newest advisory is older than it may be, or that nothing tells its age. The text names no age, which
/// would be another one each day.
fn age(ecosystem: Ecosystem, newest: Option<&str>, most: u32, today: Date) -> Option<(&'static str, String)> {
    let newest = newest.and_then(|newest| newest.parse::<Timestamp>().ok());
    let Some(newest) = newest.map(|newest| newest.to_zoned(TimeZone::UTC).date()) else {
        let reason = format!("the advisory database for {ecosystem} does not tell how old it is");
        return Some(("undated-database", reason));
    };
    let age = newest.until(today).map_or(0, |age| age.get_days());
    let reason = || {
        format!(
            "the newest date of an advisory for {ecosystem} in the database is {newest}, more than {most} days ago, so flaws \
             that were published since are not known"
        )
    };
    (i64::from(age) > i64::from(most)).then(|| ("stale-database", reason()))
}

impl Shelf {
    /// Opens what the packages of `inventory` call for.
    pub(crate) fn open(
        config: &Checked,
        inventory: &Inventory,
        today: Option<Date>,
        given: &Given<'_>,
    ) -> Result<Self, StageError> {
        let mut shelf = Self::default();
        shelf.read_own(config, given)?;
        let mut counts: BTreeMap<Ecosystem, BTreeSet<(&str, &str)>> = BTreeMap::new();
        for package in inventory.manifests.iter().flat_map(|manifest| &manifest.packages) {
            counts.entry(package.ecosystem).or_default().insert((&package.name, &package.version));
        }
        if config.database == Database::Public {
            for (ecosystem, packages) in counts {
                shelf.open_shard(ecosystem, packages.len(), given)?;
            }
            shelf.say_limits(config, today);
        }
        Ok(shelf)
    }

    /// Returns the indexes to ask for a package: the database first, for those that it speaks of.
    pub(crate) fn of(&self, package: &Package) -> impl Iterator<Item = &Index> {
        let public = self.database.get(&package.ecosystem).filter(|_| is_public(package));
        public.into_iter().chain(self.own.get(package.ecosystem.name()))
    }

    /// Tells whether everything that should be at hand is.
    pub(crate) fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Says what the shards that were opened do not know.
    fn say_limits(&mut self, config: &Checked, today: Option<Date>) {
        for (ecosystem, index) in &self.database {
            let summary = index.summary();
            let mut say = |kind, code, reason, hint| {
                let path = String::new();
                self.gaps.push(Open { kind, code, path, line: None, reason, hint: Some(hint) });
            };
            if summary.lost > 0 {
                let what = match summary.lost {
                    1 => "one advisory".to_owned(),
                    lost => format!("{lost} advisories"),
                };
                let reason = format!(
                    "{what} for {ecosystem} could not be read when the database was built, so what is in it is not known"
                );
                say(GapKind::Unread, "lost-advisories", reason, UPDATE);
            }
            let newest = summary.newest.as_deref();
            if let Some((code, reason)) =
                config.max_age.and_then(|most| age(*ecosystem, newest, most, today?))
            {
                // Without a word of the policy it was looked at within a limit; with one, as if there were none.
                say(if config.age_counts { GapKind::Lost } else { GapKind::Partial }, code, reason, RENEW);
            }
        }
    }

    fn open_shard(
        &mut self,
        ecosystem: Ecosystem,
        packages: usize,
        given: &Given<'_>,
    ) -> Result<(), StageError> {
        let own = if self.own.contains_key(ecosystem.name()) {
            " against more than the project's own advisories"
        } else {
            ""
        };
        let subject = match packages {
            1 => "its one package was".to_owned(),
            _ => format!("its {packages} packages were"),
        };
        let mut say = |code, what: &str| {
            let reason = format!("{what} for {ecosystem}, so {subject} not checked{own}");
            let path = String::new();
            self.gaps.push(Open { kind: GapKind::Lost, code, path, line: None, reason, hint: Some(UPDATE) });
        };
        let shard = match given.shard(DATA, ecosystem.name()) {
            Ok(Some(shard)) => shard,
            Ok(None) => {
                say("no-database", "there is no advisory database");
                return Ok(());
            }
            Err(StageError::Missing { reason, .. }) => {
                say("unusable-database", &format!("the advisory database cannot be used ({reason})"));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        match Index::lent(Arc::clone(&shard.bytes)) {
            Ok(index) if index.ecosystem() == ecosystem.name() => {
                self.database.insert(ecosystem, index);
            }
            Ok(other) => {
                let what = format!("the advisory database is that of {}", other.ecosystem());
                say("unusable-database", &what);
            }
            Err(error) => {
                say("unusable-database", &format!("the advisory database cannot be used ({error})"));
            }
        }
        Ok(())
    }

    /// Reads the project's own advisories.
    fn read_own(&mut self, config: &Checked, given: &Given<'_>) -> Result<(), StageError> {
        if config.folders.is_empty() {
            return Ok(());
        }
        let mut contents = Vec::new();
        for file in given.policy()?.into_iter().flat_map(stage::Files::iter) {
            match file.read() {
                Ok(content) => contents.push((file.path(), content)),
                Err(error) => self.say_own(GapKind::Unread, file.path(), error.to_string()),
            }
        }
        for folder in &config.folders {
            let inside =
                |path: &str| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
            if !contents.iter().any(|(path, _)| inside(path)) {
                let reason =
                    format!("`{folder}` holds no advisory (a file `*.json`) in the tree of the policy");
                let hint = Some("put OSV files there, or take the folder out of the section");
                let open = Open {
                    kind: GapKind::Lost,
                    code: "no-advisories",
                    path: folder.clone(),
                    line: None,
                    reason,
                    hint,
                };
                self.gaps.push(open);
            }
        }
        let files = contents.iter().map(|(path, content)| (*path, &**content));
        let Collection { indexes, problems } = advisory::collect(files)
            .map_err(|error| StageError::Failed(format!("own advisories: {error}")))?;
        self.own = indexes;
        for problem in problems {
            let kind = if problem.lost { GapKind::Unread } else { GapKind::Partial };
            self.say_own(kind, &problem.file, problem.reason);
        }
        Ok(())
    }

    fn say_own(&mut self, kind: GapKind, path: &str, reason: String) {
        let (path, hint) = (path.to_owned(), Some("correct the file by the OSV schema"));
        self.gaps.push(Open { kind, code: "malformed-advisory", path, line: None, reason, hint });
    }
}
