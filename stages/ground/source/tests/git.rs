//! The crate against repositories that the real `git` made.

#[cfg(test)]
#[path = "git/attribution.rs"]
mod attribution;
#[cfg(test)]
#[path = "git/commit.rs"]
mod commit;
#[cfg(test)]
#[path = "git/content.rs"]
mod content;
#[cfg(test)]
#[path = "git/history.rs"]
mod history;
#[cfg(test)]
#[path = "git/listing.rs"]
mod listing;
#[cfg(test)]
#[path = "git/missing.rs"]
mod missing;
#[cfg(test)]
#[path = "git/packs.rs"]
mod packs;
#[cfg(test)]
#[path = "git/repository.rs"]
mod repository;
#[cfg(test)]
#[path = "git/sandbox.rs"]
mod sandbox;
