//! Where the pipeline file may have reports written: below the folder under check, and nowhere else. The file comes with the
//! code that is checked, so what it names is not the user's own word, as the command line is.

use std::path::{Component, Path, PathBuf};

/// Returns the file below `root` that `asked` names, or why it is none that may be written.
pub(crate) fn inside(root: &Path, asked: &str) -> Result<PathBuf, String> {
    let mut folder = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    if folder.components().any(|part| is_git(part.as_os_str().to_str())) {
        return Err("the folder under check lies in git's own".to_owned());
    }
    let mut names = Vec::new();
    for part in Path::new(asked).components() {
        match part {
            Component::Normal(name) if is_git(name.to_str()) => return Err("it is git's own".to_owned()),
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            Component::ParentDir => return Err("it holds `..`".to_owned()),
            Component::RootDir | Component::Prefix(_) => return Err("it is absolute".to_owned()),
        }
    }
    let Some((file, folders)) = names.split_last() else { return Err("it names no file".to_owned()) };
    refuse_repository(&folder)?;
    for name in folders {
        folder.push(name);
        match std::fs::symlink_metadata(&folder) {
            Ok(there) if there.is_dir() => refuse_repository(&folder)?,
            Ok(_) => return Err(format!("`{}` on its way is no folder", name.to_string_lossy())),
            Err(_) => {}
        }
    }
    let file = folder.join(file);
    match std::fs::symlink_metadata(&file) {
        Ok(there) if !there.is_file() => Err("it is there and no ordinary file".to_owned()),
        Ok(_) | Err(_) => Ok(file),
    }
}

/// Refuses a folder that git would take for a repository: its files are orders to git.
fn refuse_repository(folder: &Path) -> Result<(), String> {
    let is = folder.join("HEAD").is_file() && folder.join("objects").is_dir();
    if is { Err("it lies in a git repository without a worktree".to_owned()) } else { Ok(()) }
}

/// Tells whether some file system takes a name for `.git`: case, trailing dots and blanks, streams, short names and
/// characters that one ignores (CVE-2014-9390, CVE-2019-1353).
fn is_git(name: Option<&str>) -> bool {
    let ignored = |character: &char| matches!(character, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    // A name that is no text is not `.git` to any of them.
    let Some(name) = name else { return false };
    name.split('\\').any(|part| {
        let plain: String = part.chars().filter(|character| !ignored(character)).collect();
        let stem = plain.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']).to_lowercase();
        matches!(stem.as_str(), ".git" | "git~1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_tree_are_taken() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let bare = root.join("bare.git");
        std::fs::create_dir_all(bare.join("objects")).unwrap();
        std::fs::write(bare.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::create_dir(root.join("folder")).unwrap();
        let check = |asked: &str, taken: bool| {
            let place = inside(&root, asked);
            assert_eq!(place.is_ok(), taken, "{asked}: {place:?}");
        };
        for asked in ["out.txt", "./out.txt", "new/deep/out.txt", ".github/out.sarif", "a.git/out", "-"] {
            check(asked, true);
        }
        for asked in ["", ".", "..", "../out", "a/../../out", "/out", "folder", "bare.git/hooks/pre-push"] {
            check(asked, false);
        }
        for asked in [".git/config", ".GIT/x", "sub/.gIt/x", ".git./x", ".git /x", ".git::$DATA", "GIT~1/x"] {
            check(asked, false);
        }
        check(".g\u{200c}it/config", false);
        check("a\\.git\\config", false);
        assert!(inside(&bare, "hooks/pre-receive").is_err());
    }
}
