//! Where a blob came in: compared with what git says of every commit.

use std::collections::{BTreeMap, BTreeSet};

use model::Digest;
use source::{Introduced, Repository, Selection, history};

use crate::sandbox::{Dice, Sandbox, blobs};

fn attribute(
    repository: &Repository,
    selection: &Selection,
    blobs: &BTreeSet<Digest>,
) -> BTreeMap<Digest, Vec<Introduced>> {
    let origins = history::attribute(repository, selection, blobs, &BTreeSet::new(), 2).unwrap();
    assert_eq!(origins.missing, None);
    origins.places
}

/// Finds the first commit of each blob and path by asking git for every commit's parents and files.
fn places(sandbox: &Sandbox, name: &str, wanted: &BTreeSet<Digest>) -> BTreeMap<Digest, Vec<Introduced>> {
    let log = sandbox.git(&["log", "--all", "--format=%H %ct %P"]);
    let files = |commit: &str| -> BTreeSet<(String, String)> {
        let listed = sandbox.git(&["ls-tree", "-r", "--full-tree", commit]);
        listed
            .lines()
            .map(|line| {
                let (fields, path) = line.split_once('\t').unwrap();
                (path.to_owned(), fields.rsplit(' ').next().unwrap().to_owned())
            })
            .collect()
    };
    let mut first: BTreeMap<(String, String), (i64, String)> = BTreeMap::new();
    for line in log.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let before: Vec<_> = fields[2..].iter().map(|parent| files(parent)).collect();
        for (path, blob) in files(fields[0]) {
            if !before.iter().any(|files| files.contains(&(path.clone(), blob.clone()))) {
                let place = (fields[1].parse().unwrap(), fields[0].to_owned());
                let slot = first.entry((blob, path)).or_insert_with(|| place.clone());
                *slot = place.min(slot.clone());
            }
        }
    }
    let mut places: BTreeMap<Digest, Vec<Introduced>> = BTreeMap::new();
    for ((blob, path), (time, commit)) in first {
        let blob: Digest = format!("{name}:{blob}").parse().unwrap();
        if wanted.contains(&blob) {
            places.entry(blob).or_default().push(Introduced { commit, path, time });
        }
    }
    for places in places.values_mut() {
        places.sort_by_key(|place| (place.time, place.commit.clone(), place.path.clone()));
    }
    places
}

#[test]
fn finds_are_traced_to_the_commit_that_brought_them() {
    let sandbox = Sandbox::new();
    let names = ["a", "b/c", "b/d/e", "f/g/h", "f/i"];
    for time in 1..30 {
        let mut dice = Dice::new(time + 100);
        for _ in 0..2 {
            sandbox.write(dice.pick(&names), format!("content {}", dice.roll(8)));
        }
        if dice.roll(4) == 0 {
            let _ = std::fs::remove_file(sandbox.path(dice.pick(&names)));
        }
        sandbox.commit(i64::try_from(time).unwrap() / 2);
        if time % 9 == 0 {
            sandbox.git(&["checkout", "--quiet", "-b", &format!("branch-{time}"), "HEAD~3"]);
        }
    }
    sandbox.git(&["merge", "--quiet", "--no-edit", "--strategy=ours", "main"]);
    sandbox.git(&["tag", "--annotate", "--message", "x", "v1"]);
    let selection = Selection::Everything;
    for _ in 0..2 {
        let wanted: BTreeSet<Digest> =
            blobs(&sandbox, "").keys().map(|id| format!("git-sha1:{id}").parse().unwrap()).collect();
        let repository = Repository::open(sandbox.root()).unwrap();
        let found = attribute(&repository, &selection, &wanted);
        assert_eq!(found, places(&sandbox, "git-sha1", &wanted));
        let tips = repository.tips().unwrap();
        let range = Selection::Range { tips, excluded: vec![] };
        assert_eq!(attribute(&repository, &range, &wanted), found);
        let one: BTreeSet<Digest> = wanted.into_iter().take(1).collect();
        assert_eq!(attribute(&repository, &selection, &one), places(&sandbox, "git-sha1", &one));
        sandbox.git(&["gc", "--quiet"]);
    }
}

/// Trees of hundreds of entries, which a pack keeps as deltas.
#[test]
fn wide_folders_are_followed_as_deltas() {
    for format in ["sha1", "sha256"] {
        let format = format!("--object-format={format}");
        let sandbox = Sandbox::with(&["init", "--quiet", "--initial-branch=main", &format]);
        let mut dice = Dice::new(77);
        for number in 0..400 {
            sandbox.write(&format!("wide/{number:03} 100644 x"), format!("first {number}"));
            sandbox.write(&format!("folders/{number:03}/x"), format!("deep {}", number % 50));
        }
        for time in 1..25 {
            for _ in 0..3 {
                let number = dice.roll(400);
                sandbox.write(&format!("wide/{number:03} 100644 x"), format!("content {}", dice.roll(30)));
                sandbox.write(&format!("folders/{:03}/x", dice.roll(400)), format!("deep {}", dice.roll(60)));
                let _ = std::fs::remove_file(sandbox.path(&format!("wide/{:03} 100644 x", dice.roll(400))));
            }
            sandbox.commit(time);
        }
        sandbox.git(&["gc", "--quiet"]);
        let all = blobs(&sandbox, "");
        let name = if format.ends_with("256") { "git-sha256" } else { "git-sha1" };
        let wanted: BTreeSet<Digest> =
            all.keys().step_by(3).map(|id| format!("{name}:{id}").parse().unwrap()).collect();
        let repository = Repository::open(sandbox.root()).unwrap();
        let found = attribute(&repository, &Selection::Everything, &wanted);
        let mut expected = places(&sandbox, name, &wanted);
        expected.values_mut().for_each(|places| places.truncate(32));
        assert_eq!(found, expected);
    }
}

#[test]
fn what_no_ref_reaches_is_seen_and_has_no_place() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "kept").commit(1);
    sandbox.write("a", "dropped").commit(2);
    let dropped = format!("git-sha1:{}", sandbox.git(&["rev-parse", "HEAD:a"])).parse().unwrap();
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(blobs(&sandbox, "").len(), 2);
    let repository = Repository::open(sandbox.root()).unwrap();
    let places = attribute(&repository, &Selection::Everything, &BTreeSet::from([dropped]));
    assert_eq!(places, BTreeMap::new());
}

#[test]
fn blobs_are_known_by_their_names() {
    let sandbox = Sandbox::new();
    sandbox.write("a/.pgpass", "one");
    sandbox.write("a/b.txt", "two");
    sandbox.commit(1);
    sandbox.write("c/deep/.pgpass", "three");
    sandbox.write("a/.pgpass", "four");
    sandbox.commit(2);
    let repository = Repository::open(sandbox.root()).unwrap();
    let wanted = |name: &[u8]| name == b".pgpass";
    let texts = |selection: Selection| {
        let names = history::survey(&repository, &selection, &wanted, 1).unwrap().names;
        let mut texts: Vec<_> = names
            .into_iter()
            .map(|(id, names)| (sandbox.git(&["cat-file", "blob", &id.hex()]), Vec::from_iter(names)))
            .collect();
        texts.sort();
        texts
    };
    let expected = |texts: &[&str]| {
        texts.iter().map(|text| ((*text).to_owned(), vec![".pgpass".to_owned()])).collect::<Vec<_>>()
    };
    let tips = vec![sandbox.git(&["rev-parse", "HEAD"])];
    let excluded = vec![sandbox.git(&["rev-parse", "HEAD~1"])];
    for _ in 0..2 {
        assert_eq!(texts(Selection::Everything), expected(&["four", "one", "three"]));
        let range = Selection::Range { tips: tips.clone(), excluded: excluded.clone() };
        assert_eq!(texts(range), expected(&["four", "three"]));
        sandbox.git(&["gc", "--quiet"]);
    }
}
