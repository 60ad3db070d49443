//! What a hit says to the reader.

use advisory::Kind;
use model::{AdvisoryMatch, Evidence, Location, Package, Reachable};
use stage::{Draft, Place};

use crate::judge::Hit;
use crate::rules::Rules;
use crate::upgrade::Upgrade;

/// Further entries that a finding points at.
const MOST_FURTHER: usize = 10;

/// Parts of a package that a message names at most.
const MOST_PARTS: usize = 3;
/// Longest title, in characters.
const LONGEST_TITLE: usize = 120;

/// The manifest that a hit was found in.
pub(crate) struct Within<'a> {
    pub(crate) path: &'a str,
    pub(crate) format: &'a str,
}

/// Makes the finding of a hit; `place` is that of its entry, when its file can be shown.
pub(crate) fn draft(rules: &Rules, within: &Within<'_>, hit: &Hit<'_>, place: Option<&Place>) -> Draft {
    let rule = rules.of(hit.flaw.kind);
    let package = hit.package;
    let mut draft = Draft::new(rule, location(within.path, package))
        .severity(rules.severity(hit.flaw.kind, hit.flaw.severity))
        .message(message(hit))
        .identity(format!("{} {}", package.purl().without_version(), hit.flaw.id))
        .evidence(evidence(hit));
    if let Some(title) = title(hit) {
        draft = draft.title(title);
    }
    if !hit.flaw.text.cwe.is_empty() {
        draft = draft.cwe(hit.flaw.text.cwe.iter().copied());
    }
    if let Some(fix) = fix(within, hit) {
        draft = draft.fix(fix);
    }
    for further in hit.further.iter().take(MOST_FURTHER) {
        draft = draft.related(location(within.path, further), "the same version stands here too");
    }
    match place {
        Some(place) => draft.place(place),
        None => draft,
    }
}

/// Returns what the advisory calls the flaw: its first sentence, cut where even that is long.
fn title(hit: &Hit<'_>) -> Option<String> {
    let title = hit.flaw.text.title()?;
    let sentence = title.split_once(". ").map_or(title.as_str(), |(first, _)| first).trim_end_matches('.');
    if sentence.chars().count() <= LONGEST_TITLE {
        return Some(sentence.to_owned());
    }
    let head: String = sentence.chars().take(LONGEST_TITLE).collect();
    let words = head.rsplit_once(' ').map_or(head.as_str(), |(words, _)| words);
    Some(format!("{words} …"))
}

/// Returns the parts of the package that the advisory names: packages of a Go module.
fn parts(hit: &Hit<'_>) -> Option<String> {
    let name = &hit.package.name;
    let symbols = hit.flaw.text.symbols.iter().filter(|symbols| symbols.package == *name);
    let mut paths: Vec<&str> = symbols.map(|symbols| symbols.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    // The package as a whole, or its root.
    if paths.is_empty() || paths.iter().any(|path| path.is_empty() || path == name) {
        return None;
    }
    let more = paths.len().saturating_sub(MOST_PARTS);
    paths.truncate(MOST_PARTS);
    let named = paths.join(", ");
    Some(if more > 0 { format!("{named} and {more} more") } else { named })
}

fn location(path: &str, package: &Package) -> Location {
    Location::Dependency { path: path.to_owned(), span: package.span, purl: package.purl() }
}

/// Names package, version, advisory, range, fix and the way down.
fn message(hit: &Hit<'_>) -> String {
    let Package { name, version, .. } = hit.package;
    let flaw = &hit.flaw;
    let mut message = match flaw.kind {
        Kind::Malicious => format!("{name} {version} is malicious by {}", flaw.id),
        Kind::Vulnerability => format!("{name} {version} is affected by {}", flaw.id),
        Kind::Unsound => format!("{name} {version} is unsound by {}", flaw.id),
        Kind::Unmaintained => format!("{name} {version} is unmaintained by {}", flaw.id),
        Kind::Notice => format!("{name} {version} has a notice, {}", flaw.id),
    };
    let fix = match (&flaw.fixed, flaw.kind) {
        (Some(fixed), _) => format!("; fixed in {fixed}"),
        (None, Kind::Vulnerability | Kind::Unsound) => "; no fix is known".to_owned(),
        (None, Kind::Malicious | Kind::Unmaintained | Kind::Notice) => String::new(),
    };
    message.push_str(&format!(" (affected: {}{fix})", flaw.affected));
    if let Some(title) = title(hit) {
        message.push_str(&format!(": {title}"));
    }
    if !message.ends_with('…') {
        message.push('.');
    }
    if let Some(parts) = parts(hit) {
        message.push_str(&format!(" The flaw lies in {parts}."));
    }
    if hit.path.len() > 1 {
        message.push_str(&format!(" It comes in by {}.", hit.path.join(" → ")));
    }
    message
}

fn evidence(hit: &Hit<'_>) -> Evidence {
    let flaw = &hit.flaw;
    Evidence::Advisory(Box::new(AdvisoryMatch {
        purl: hit.package.purl(),
        version: hit.package.version.clone(),
        advisory: flaw.id.clone(),
        aliases: flaw.aliases.clone(),
        affected: flaw.affected.clone(),
        fixed: flaw.fixed.clone(),
        path: hit.path.clone(),
        direct: hit.direct,
        scope: hit.scope,
        published: flaw.text.published.clone(),
        cvss: flaw.text.cvss.first().cloned(),
        kev: None,
        reachable: Reachable::Unknown,
    }))
}

/// Returns what to do; `None` where the rule says all there is to say.
fn fix(within: &Within<'_>, hit: &Hit<'_>) -> Option<String> {
    if hit.flaw.kind == Kind::Malicious {
        return None;
    }
    let through = if hit.path.len() > 1 { hit.path.first().map(String::as_str) } else { None };
    let upgrade =
        |fixed: &str| Upgrade { package: hit.package, format: within.format, fixed, through }.text();
    let page = hit.flaw.text.references.iter().find(|reference| reference.kind == "ADVISORY");
    match (&hit.flaw.fixed, hit.flaw.kind, page) {
        (Some(fixed), _, _) => Some(upgrade(fixed)),
        (None, Kind::Vulnerability | Kind::Unsound, None) => Some(
            "No version with a fix is known: replace the package, or waive the finding with what keeps the flaw out of \
             reach."
                .to_owned(),
        ),
        (None, Kind::Vulnerability | Kind::Unsound, Some(page)) => Some(format!(
            "No version with a fix is known: replace the package, or waive the finding with what keeps the flaw out of \
             reach. See {}",
            page.url
        )),
        (None, Kind::Malicious | Kind::Unmaintained | Kind::Notice, page) => {
            page.map(|page| format!("Read {} for what to use in its place.", page.url))
        }
    }
}
