//! Versions 2 and 3: a list of folders, each with what is in it.

use std::borrow::Cow;

use model::DependencyScope;

use super::{Folder, Found, LONGEST_FOLDER, Reading, What, scope};
use crate::text::json::{Object, Value};
use crate::text::{Piece, shown};

/// The folder in which npm installs.
const INSTALLED: &str = "node_modules/";

pub(super) fn read<'a>(packages: &'a Object<'a>, reading: &mut Reading<'a>) {
    reading.check_duplicates(packages);
    for (key, value) in &packages.entries {
        let path: &'a str = &key.text;
        let Some(entry) = value.object() else {
            reading.malformed_entry(key.at.start, format!("the entry of `{}` is no object", shown(path)));
            continue;
        };
        if path.len() > LONGEST_FOLDER {
            let reason = format!("the entry of `{}` lies too deep", shown(path));
            reading.malformed_entry(key.at.start, reason);
            continue;
        }
        if let Some(what) = what(key, entry, reading) {
            let own = matches!(what, What::Own);
            let path = Cow::Borrowed(path.trim_end_matches('/'));
            reading.folders.push(Folder { path, at: key.at.start, what, asks: asks(entry, own) });
        }
    }
}

/// Tells what is in a folder; `None`, and a gap, when the entry does not tell.
fn what<'a>(key: &'a Piece<'a>, entry: &'a Object<'a>, reading: &mut Reading<'a>) -> Option<What<'a>> {
    if entry.is_true("link") {
        return Some(What::Link);
    }
    let resolved = entry.text("resolved");
    let fetched = resolved.is_some_and(|from| from.starts_with("https://") || from.starts_with("http://"));
    let folder_name = match (installed_name(key), fetched) {
        (Some(name), _) => name,
        // Whatever the folder is called, what is in it comes from elsewhere.
        (None, true) if !key.text.is_empty() => fetched_name(key, resolved.unwrap_or("")),
        (None, _) if !is_below_installed(&key.text) => return Some(What::Own),
        (None, _) => {
            let reason = format!("`{}` is no folder that npm installs a package in", shown(&key.text));
            reading.malformed_entry(key.at.start, reason);
            return None;
        }
    };
    // Under another name than its own: the entry tells the real one, and stands for it.
    let name = match entry.find("name").and_then(Value::string) {
        Some(real) => Piece { text: real.text.clone(), at: folder_name.at },
        None => folder_name,
    };
    match entry.text("version").filter(|version| !version.is_empty()) {
        Some(version) => {
            let integrity = entry.text("integrity");
            Some(What::Package(Found { name, version, scope: scope(entry), resolved, integrity }))
        }
        // npm writes entries without a version for optional packages and peers that it left out.
        None if resolved.is_none() && (entry.is_true("optional") || entry.is_true("peer")) => {
            Some(What::Nothing)
        }
        None => {
            let reason = format!("the entry of `{}` has no version", shown(&key.text));
            reading.malformed_entry(key.at.start, reason);
            None
        }
    }
}

/// Tells whether a part of the path is the folder in which npm installs.
fn is_below_installed(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part.eq_ignore_ascii_case("node_modules"))
}

/// Returns the name of what was fetched into a folder of an odd name: that in the address of a registry's archive,
/// `…/name/-/name-1.2.3.tgz`, else the last part of the folder.
fn fetched_name<'a>(key: &'a Piece<'a>, resolved: &'a str) -> Piece<'a> {
    let path = resolved.split_once("/-/").map_or(&*key.text, |(path, _)| path).trim_end_matches('/');
    let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
    let scope = before.rsplit('/').next().filter(|scope| scope.starts_with('@'));
    let start = path.len() - last.len() - scope.map_or(0, |scope| scope.len() + 1);
    Piece { text: Cow::Borrowed(path.get(start..).unwrap_or(path)), at: key.at.clone() }
}

/// Returns the name of the package that is installed in the folder, at its place in the key; `None` when nothing is
/// installed there, so that the folder is one of the tree's own.
fn installed_name<'a>(key: &'a Piece<'a>) -> Option<Piece<'a>> {
    let path: &'a str = &key.text;
    let start = match path.rfind(&format!("/{INSTALLED}")) {
        Some(slash) => slash + 1 + INSTALLED.len(),
        None if path.starts_with(INSTALLED) => INSTALLED.len(),
        None => return None,
    };
    let name = path.get(start..).unwrap_or("");
    // `node_modules/a/lib` is a folder inside a package, not a package.
    let whole = match name.strip_prefix('@') {
        Some(scoped) => scoped.matches('/').count() == 1,
        None => !name.contains('/'),
    };
    if matches!(name, "" | "." | "..") || !whole {
        return None;
    }
    // With escapes in the key, offsets inside it are not those of the text: the whole key stands for the name.
    let plain = matches!(key.text, Cow::Borrowed(_));
    let at = if plain { key.at.start + start..key.at.end } else { key.at.clone() };
    Some(Piece { text: Cow::Borrowed(name), at })
}

/// Returns the names that an entry asks for; only for the tree's own packages those needed in development too.
fn asks<'a>(entry: &'a Object<'a>, own: bool) -> Vec<(&'a str, DependencyScope)> {
    let of = |section: &str, scope| entry.names(section).map(move |name| (name, scope)).collect::<Vec<_>>();
    let mut asks = of("dependencies", DependencyScope::Runtime);
    asks.extend(of("optionalDependencies", DependencyScope::Optional));
    asks.extend(of("peerDependencies", DependencyScope::Runtime));
    if own {
        asks.extend(of("devDependencies", DependencyScope::Development));
    }
    asks
}
