//! Advisories that the section says do not matter. Their findings are still said; the gate decides whether that counts.

use jiff::civil::Date;
use model::{Package, Suppression, SuppressionKind};

use crate::config::Ignore;
use crate::merge::Flaw;

/// The entries with what became of them.
pub(crate) struct Ignores<'a> {
    entries: &'a [Ignore],
    used: Vec<bool>,
    today: Option<Date>,
}

impl<'a> Ignores<'a> {
    /// Takes the entries; `today` is known where any of them expires.
    pub(crate) fn new(entries: &'a [Ignore], today: Option<Date>) -> Self {
        Self { entries, used: vec![false; entries.len()], today }
    }

    /// Returns the request to ignore a flaw of a package, when there is one that holds today.
    pub(crate) fn find(&mut self, package: &Package, flaw: &Flaw) -> Option<Suppression> {
        let mut found = None;
        for (entry, used) in self.entries.iter().zip(&mut self.used) {
            let fits =
                flaw.goes_by(&entry.id) && entry.package.as_ref().is_none_or(|name| *name == package.name);
            *used |= fits;
            if fits && found.is_none() && !has_expired(entry, self.today) {
                found = Some(Suppression {
                    kind: SuppressionKind::Allowlist,
                    reason: Some(entry.reason.clone()),
                    location: Some(entry.location.clone()),
                });
            }
        }
        found
    }

    /// Returns the entries without effect, with what is the matter.
    pub(crate) fn without_effect(&self) -> impl Iterator<Item = (&'a Ignore, String)> {
        self.entries.iter().zip(&self.used).filter_map(|(entry, used)| {
            let place = entry.package.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
            let message = match (entry.expires, used) {
                (Some(date), _) if has_expired(entry, self.today) => {
                    format!(
                        "The ignore of {}{place} has expired on {date} and hides nothing any more.",
                        entry.id
                    )
                }
                (_, false) => format!("The ignore of {}{place} matches nothing.", entry.id),
                (_, true) => return None,
            };
            Some((entry, message))
        })
    }
}

/// Tells whether an entry's last day has passed. Without a date it cannot be told, and the entry does not hold.
fn has_expired(entry: &Ignore, today: Option<Date>) -> bool {
    entry.expires.is_some_and(|last| today.is_none_or(|today| today > last))
}
