//! Looks every package of a manifest up in the advisories.

use std::collections::BTreeMap;

use advisory::ShardError;
use model::{DependencyScope, Ecosystem, GapKind, Manifest, Package};

use crate::config::Checked;
use crate::merge::{Flaw, merge};
use crate::origin::is_public;
use crate::shelf::{Open, Shelf, UPDATE};

/// Ids that a gap names at most.
const MOST_NAMED: usize = 5;
/// Packages of one manifest that have a gap of their own at most.
const MOST_UNDECIDED: u64 = 20;

/// What the advisories say of one manifest.
#[derive(Default)]
pub(crate) struct Judgment<'a> {
    pub(crate) hits: Vec<Hit<'a>>,
    pub(crate) gaps: Vec<Open>,
    /// Of how many versions something could not be decided.
    undecided: u64,
    /// Packages that the database does not speak of, with their lines.
    elsewhere: Vec<(u32, String)>,
    /// How many versions of packages were looked up.
    pub(crate) checked: u64,
    /// How many were not, by the scopes that the section leaves out.
    pub(crate) out_of_scope: u64,
}

/// A version of a package that a flaw affects.
pub(crate) struct Hit<'a> {
    /// The entry that stands for it: the first.
    pub(crate) package: &'a Package,
    /// Further entries of the same version.
    pub(crate) further: Vec<&'a Package>,
    /// The shortest way down to it, as `name@version`.
    pub(crate) path: Vec<String>,
    pub(crate) direct: Option<bool>,
    /// The strongest scope among its entries.
    pub(crate) scope: DependencyScope,
    pub(crate) flaw: Flaw,
}

/// The entries of one version of a package.
struct Entries<'a> {
    indices: Vec<u32>,
    packages: Vec<&'a Package>,
}

/// Looks up the packages of `manifest`.
pub(crate) fn judge<'a>(manifest: &'a Manifest, shelf: &Shelf, config: &Checked) -> Judgment<'a> {
    let mut judgment = Judgment::default();
    let mut versions: BTreeMap<(Ecosystem, &str, &str, bool), Entries<'a>> = BTreeMap::new();
    for (index, package) in (0..).zip(&manifest.packages) {
        let key = (package.ecosystem, package.name.as_str(), package.version.as_str(), is_public(package));
        let entries = versions.entry(key).or_insert_with(|| Entries { indices: vec![], packages: vec![] });
        entries.indices.push(index);
        entries.packages.push(package);
    }
    let mut paths = None;
    for entries in versions.into_values() {
        let scope = strongest(&entries.packages);
        if !config.looks_at(scope) {
            judgment.out_of_scope += 1;
            continue;
        }
        let Some((package, further)) = entries.packages.split_first() else { continue };
        let flaws = judgment.look_up(manifest, package, shelf);
        if flaws.is_empty() {
            continue;
        }
        let paths = paths.get_or_insert_with(|| manifest.paths());
        let path = shortest(manifest, entries.indices.iter().map(|index| paths.to(*index)));
        let direct = entries.packages.iter().filter_map(|package| package.direct).max();
        for flaw in flaws {
            let (path, further) = (path.clone(), further.to_vec());
            judgment.hits.push(Hit { package, further, path, direct, scope, flaw });
        }
    }
    judgment.say_more_undecided(manifest);
    judgment.say_elsewhere(manifest);
    judgment
}

impl Judgment<'_> {
    /// Returns the flaws of a package; what cannot be decided becomes a gap.
    fn look_up(&mut self, manifest: &Manifest, package: &Package, shelf: &Shelf) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let mut undecided: Vec<(String, String)> = Vec::new();
        let mut asked = false;
        for index in shelf.of(package) {
            asked = true;
            let looked_up = index.matches(&package.name, &package.version).and_then(|lookup| {
                let found = lookup.matches.iter().map(|found| Flaw::of(index, found));
                let open = lookup.undecided.into_iter().map(|open| (open.id.to_owned(), open.reason));
                Ok((found.collect::<Result<Vec<_>, _>>()?, open.collect::<Vec<_>>()))
            });
            match looked_up {
                Ok((found, open)) => {
                    flaws.extend(found);
                    undecided.extend(open);
                }
                Err(error) => self.say_damaged(package, &error),
            }
        }
        self.checked += u64::from(asked);
        if !is_public(package) {
            self.elsewhere.push((package.span.start_line, format!("{} {}", package.name, package.version)));
        }
        let merged = merge(package.ecosystem, flaws);
        undecided.retain(|(id, _)| !merged.iter().any(|flaw| flaw.goes_by(id)));
        self.say_undecided(manifest, package, &undecided);
        merged
    }

    fn say_undecided(&mut self, manifest: &Manifest, package: &Package, undecided: &[(String, String)]) {
        let Some((_, why)) = undecided.first() else { return };
        self.undecided += 1;
        if self.undecided > MOST_UNDECIDED {
            return;
        }
        let mut ids: Vec<&str> = undecided.iter().map(|(id, _)| id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let more = ids.len().saturating_sub(MOST_NAMED);
        ids.truncate(MOST_NAMED);
        let ids = ids.join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let Package { name, version, .. } = package;
        let reason = format!("whether {name} {version} is affected by {ids}{more} cannot be told: {why}");
        self.push_undecided(manifest, Some(package.span.start_line), reason);
    }

    fn say_elsewhere(&mut self, manifest: &Manifest) {
        self.elsewhere.sort();
        let Some((line, _)) = self.elsewhere.first() else { return };
        let more = self.elsewhere.len().saturating_sub(MOST_NAMED);
        let first = self.elsewhere.iter().take(MOST_NAMED);
        let names: Vec<String> = first.map(|(line, name)| format!("{name} (line {line})")).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let reason = format!(
            "no public advisory speaks of crates from git or from another registry: {}{more}",
            names.join(", ")
        );
        self.gaps.push(Open {
            kind: GapKind::Partial,
            code: "not-public",
            path: manifest.path.clone(),
            line: Some(*line),
            reason,
            hint: Some(
                "keep advisories of your own for them: `dependencies: { advisories: [./advisories] }`",
            ),
        });
    }

    /// Returns how many packages the database does not speak of.
    pub(crate) fn elsewhere(&self) -> u64 {
        self.elsewhere.len() as u64
    }

    fn say_more_undecided(&mut self, manifest: &Manifest) {
        let more = self.undecided.saturating_sub(MOST_UNDECIDED);
        if more > 0 {
            let packages = match more {
                1 => "one more package is".to_owned(),
                _ => format!("{more} more packages are"),
            };
            let reason = format!("whether {packages} affected by an advisory cannot be told");
            self.push_undecided(manifest, None, reason);
        }
    }

    fn push_undecided(&mut self, manifest: &Manifest, line: Option<u32>, reason: String) {
        self.gaps.push(Open {
            kind: GapKind::Unread,
            code: "undecided",
            path: manifest.path.clone(),
            line,
            reason,
            hint: Some("read the advisory, then waive this gap or move to a released version"),
        });
    }

    fn say_damaged(&mut self, package: &Package, error: &ShardError) {
        let ecosystem = package.ecosystem;
        let reason =
            format!("the advisories of {ecosystem} are damaged ({error}), so packages were not checked");
        let open = Open {
            kind: GapKind::Lost,
            code: "unusable-database",
            path: String::new(),
            line: None,
            reason,
            hint: Some(UPDATE),
        };
        if !self.gaps.contains(&open) {
            self.gaps.push(open);
        }
    }
}

/// Returns the strongest scope: what runs counts more than what is optional, and that more than what builds and tests.
fn strongest(packages: &[&Package]) -> DependencyScope {
    const STRONGEST_FIRST: [DependencyScope; 3] =
        [DependencyScope::Runtime, DependencyScope::Unknown, DependencyScope::Optional];
    let has = |scope: &DependencyScope| packages.iter().any(|package| package.scope == *scope);
    STRONGEST_FIRST.into_iter().find(has).unwrap_or(DependencyScope::Development)
}

/// Returns the shortest of several ways, as `name@version`. A way that begins at a direct dependency comes first.
fn shortest(manifest: &Manifest, paths: impl Iterator<Item = Vec<u32>>) -> Vec<String> {
    let packages = &manifest.packages;
    let begins_direct = |path: &Vec<u32>| {
        path.first().and_then(|first| packages.get(*first as usize)).is_some_and(|it| it.direct == Some(true))
    };
    let best = paths.min_by_key(|path| (!begins_direct(path), path.len())).unwrap_or_default();
    let named = best.iter().filter_map(|index| packages.get(*index as usize));
    named.map(|package| format!("{}@{}", package.name, package.version)).collect()
}
