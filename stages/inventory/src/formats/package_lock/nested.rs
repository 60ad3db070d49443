//! Version 1, and shrinkwrap files without a version: packages inside packages, as folders lie in folders.

use std::borrow::Cow;

use model::DependencyScope;

use super::{Folder, Found, LONGEST_FOLDER, Reading, What, scope};
use crate::text::json::{Object, Value};
use crate::text::{Piece, shown};

pub(super) fn read<'a>(root: &'a Object<'a>, reading: &mut Reading<'a>) {
    let mut waiting: Vec<(String, &'a Object<'a>)> = Vec::new();
    let dependencies = |object: &'a Object<'a>| object.object("dependencies");
    waiting.extend(dependencies(root).map(|packages| (String::new(), packages)));
    // Inner lists wait until the outer one is through, so that no depth of nesting costs stack.
    let mut at = 0;
    while let Some((parent, packages)) = waiting.get(at).map(|(parent, packages)| (parent.clone(), *packages))
    {
        at += 1;
        reading.check_duplicates(packages);
        for (key, value) in &packages.entries {
            let Some(entry) = value.object() else {
                reading.malformed_entry(
                    key.at.start,
                    format!("the entry of `{}` is no object", shown(&key.text)),
                );
                continue;
            };
            let path = format!("{parent}node_modules/{}", key.text);
            if path.len() > LONGEST_FOLDER {
                reading.malformed_entry(
                    key.at.start,
                    format!("the entry of `{}` lies too deep", shown(&key.text)),
                );
                continue;
            }
            if let Some(inner) = dependencies(entry) {
                waiting.push((format!("{path}/"), inner));
            }
            if let Some(what) = what(key, &path, entry, reading) {
                let asks = entry.names("requires").map(|name| (name, DependencyScope::Runtime)).collect();
                reading.folders.push(Folder { path: Cow::Owned(path), at: key.at.start, what, asks });
            }
        }
    }
    reading.folders.sort_by_key(|folder| folder.at);
}

/// Tells what is in a folder; `None`, and a gap, when the entry does not tell.
fn what<'a>(
    key: &'a Piece<'a>,
    path: &str,
    entry: &'a Object<'a>,
    reading: &mut Reading<'a>,
) -> Option<What<'a>> {
    let Some(written) = entry.find("version").and_then(Value::string).filter(|piece| !piece.text.is_empty())
    else {
        if entry.is_true("optional") && entry.find("resolved").is_none() {
            return Some(What::Nothing);
        }
        // Early releases of npm 7 wrote packages of the tree by their folders here.
        if reading.told.contains(path) || reading.told.contains(&*key.text) {
            return None;
        }
        reading.malformed_entry(key.at.start, format!("the entry of `{}` has no version", shown(&key.text)));
        return None;
    };
    let written: &'a str = &written.text;
    if written.starts_with("file:") || written.starts_with("link:") {
        return Some(What::Linked);
    }
    // `npm:name@version`: installed under another name than its own.
    let alias = written
        .strip_prefix("npm:")
        .and_then(|alias| alias.rsplit_once('@'))
        .filter(|(name, _)| !name.is_empty());
    let (name, version): (&'a str, &'a str) = alias.unwrap_or((&key.text, written));
    let version = if version.contains([':', '/']) {
        let Some(version) = archived(name, version) else {
            let line = reading.lines.line(key.at.start);
            reading.nameless.push((line, format!("`{}` (line {line})", shown(name))));
            return Some(What::Nothing);
        };
        version
    } else {
        version
    };
    let (resolved, integrity) = (entry.text("resolved"), entry.text("integrity"));
    let name = Piece { text: Cow::Borrowed(name), at: key.at.clone() };
    Some(What::Package(Found { name, version, scope: scope(entry), resolved, integrity }))
}

/// Returns the version in the address of a registry's archive, `…/-/name-1.2.3.tgz`, which early releases of npm wrote in
/// place of the version.
fn archived<'a>(name: &str, address: &'a str) -> Option<&'a str> {
    let (_, file) = address.rsplit_once("/-/")?;
    let bare = name.rsplit('/').next().unwrap_or(name);
    let version = file.strip_prefix(bare)?.strip_prefix('-')?.strip_suffix(".tgz")?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_archives_tell_the_version() {
        let check = |name: &str, address: &str, expected: Option<&str>| {
            assert_eq!(archived(name, address), expected, "{address}");
        };
        check("acorn-jsx", "https://registry.example/acorn-jsx/-/acorn-jsx-3.0.1.tgz", Some("3.0.1"));
        check("@a/b", "https://registry.example/@a/b/-/b-1.0.0-rc.1.tgz", Some("1.0.0-rc.1"));
        check("acorn", "https://host.example/acorn-3.0.1.tgz", None);
        check("acorn", "https://registry.example/acorn/-/acorn-jsx-3.0.1.tgz", None);
        check("acorn", "github:someone/acorn#1.0.0", None);
    }
}
