//! What stages are handed and what becomes of their answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{Change, Instance, Ran, World, explain};
use model::{Message, Policy, Status, Subject, SubjectKind};
use source::MemoryTree;
use stage::harness::inputs;
use stage::{Given, Need, Sink, StageError};
use store::{Cache, Key};

use crate::probe::*;

#[test]
fn cached_is_live_for_any_number_of_threads() {
    let world = world(&[("a.txt", "x y"), ("b.txt", "z")]);
    let (producer, consumer) = pair();
    let instances = [instance(&producer, &[]), instance(&consumer, &[0])];
    let folder = tempfile::tempdir().unwrap();
    let live = told(run(&engine(None, 1), &instances, &world));
    assert_eq!(live.iter().filter(|message| matches!(message, Message::Finding(_))).count(), 3);
    assert_eq!(told(run(&engine(Some(folder.path()), 4), &instances, &world)), live);
    let before = producer.runs.load(Ordering::SeqCst);
    let cached = run(&engine(Some(folder.path()), 2), &instances, &world);
    assert!(cached.messages.iter().all(|message| !matches!(message, Message::Stage(o) if !o.cached)));
    assert_eq!(told(cached), live);
    assert_eq!((producer.runs.load(Ordering::SeqCst), before), (2, 2));
}

#[test]
fn undeclared_files_rerun_nothing_and_an_equal_artifact_stops_there() {
    let folder = tempfile::tempdir().unwrap();
    let (producer, consumer) = pair();
    let instances = [instance(&producer, &[]), instance(&consumer, &[0])];
    let counts = || (producer.runs.load(Ordering::SeqCst), consumer.runs.load(Ordering::SeqCst));
    let go = |files: &[(&str, &str)]| run(&engine(Some(folder.path()), 2), &instances, &world(files));
    go(&[("a.txt", "x y")]);
    assert_eq!(counts(), (1, 1));
    go(&[("a.txt", "x y"), ("README.md", "new")]);
    assert_eq!(counts(), (1, 1), "an undeclared file");
    go(&[("a.txt", "y   x")]);
    assert_eq!(counts(), (2, 1), "other bytes, the same words");
    go(&[("a.txt", "y x z")]);
    assert_eq!(counts(), (3, 2));
    go(&[("a.txt", "x y")]);
    assert_eq!(counts(), (3, 2), "back on an earlier state");
}

#[test]
fn a_change_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (producer, _) = pair();
    let one = instance(&producer, &[]);
    run(
        &engine(Some(folder.path()), 2),
        std::slice::from_ref(&one),
        &world(&[("a.txt", "x"), ("b.txt", "y")]),
    );
    let cache = Cache::new(folder.path(), Key::from_text("k"), 1 << 24);
    let ask = |files: &[(&str, &str)]| {
        let tree = MemoryTree::new(files.iter().map(|(path, text)| (*path, *text)));
        explain(&one, &inputs(tree), &cache)
    };
    assert!(ask(&[("a.txt", "x"), ("b.txt", "y")]).hit);
    let report = ask(&[("a.txt", "other"), ("c.txt", "y")]);
    let expected =
        [Change::Modified("a.txt".into()), Change::Added("c.txt".into()), Change::Removed("b.txt".into())];
    assert!(!report.hit && report.known);
    assert_eq!(report.changes, expected);
}

#[test]
fn a_failed_producer_fails_its_consumers() {
    let (_, consumer) = pair();
    let broken =
        probe("lister", vec![], vec![WORDS.name()], |_, _| Err(StageError::Failed("no disk".into())));
    let ran = run(&engine(None, 2), &[instance(&broken, &[]), instance(&consumer, &[0])], &world(&[]));
    assert_eq!(status(&ran, "lister"), (Status::Failed, Some("no disk".into())));
    assert_eq!(
        status(&ran, "probe"),
        (Status::Failed, Some("stage `lister`, which it needs, failed".into()))
    );
    assert_eq!(lost(&ran), ["lister:stage-failed", "probe:stage-failed"]);
}

#[test]
fn an_undeclared_read_is_refused_by_name() {
    let check = |needs: Vec<Need>, act: Act, expected: &str| {
        let stage = probe("curious", needs, vec![], act);
        let ran = run(&engine(None, 1), &[instance(&stage, &[])], &world(&[("a.txt", "")]));
        assert_eq!(status(&ran, "curious").1.unwrap(), expected);
    };
    check(
        vec![],
        |given, _| given.files().map(|_| ()),
        "stage `curious` read files, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.env("HOME").map(|_| ()),
        "stage `curious` read environment variable HOME, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.artifacts(WORDS).map(|_| ()),
        "stage `curious` read artifact `words`, which it does not declare",
    );
    check(
        vec![Need::Data("other")],
        |given, _| given.shard("advisories", "npm").map(|_| ()),
        "stage `curious` read data `advisories`, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.today().map(|_| ()),
        "stage `curious` read the clock, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.commits().map(|_| ()),
        "stage `curious` read commits, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.host("registry.example"),
        "stage `curious` read host registry.example, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.program("helm").map(|_| ()),
        "stage `curious` read program helm, which it does not declare",
    );
    check(
        vec![],
        |given, _| given.policy().map(|_| ()),
        "stage `curious` read policy files, which it does not declare",
    );
    check(vec![], |_, out| out.give(WORDS, vec![]), "artifact `words` was given and is not declared");
    let undeclared_file = |given: &Given<'_>, _: &Sink| {
        assert!(given.files()?.find("a.txt").is_none());
        Err(StageError::Failed("not among the declared".into()))
    };
    check(vec![files("*.md")], undeclared_file, "not among the declared");
}

/// What a consumer found that was handed what these instances gave.
fn handed(ran: &Ran, policy: Policy) -> Vec<String> {
    let mut found = Vec::new();
    let mut of = None;
    for message in &ran.messages {
        match message {
            Message::Stage(outcome) => of = Some(outcome.policy),
            Message::Finding(finding) if of == Some(policy) => found.push(finding.identity.clone()),
            _ => {}
        }
    }
    found
}

#[test]
fn each_side_is_handed_what_its_own_side_gives_and_nothing_it_only_waits_for() {
    let give = |id: &str, act| probe(id, vec![], vec![WORDS.name()], act);
    let target = give("lister", |_, out| out.give(WORDS, vec!["target".to_owned()]));
    let head = give("lister", |_, out| out.give(WORDS, vec!["head".to_owned()]));
    let bystander = give("bystander", |_, out| out.give(WORDS, vec!["bystander".to_owned()]));
    let (_, consumer) = pair();
    let of = |stage: &Arc<Probe>, policy| Instance { policy, ..instance(stage, &[]) };
    let consumer =
        |policy, producer| Instance { policy, after: vec![0, 1, 2], ..instance(&consumer, &[producer]) };
    let instances = [
        of(&target, Policy::Target),
        of(&head, Policy::Head),
        of(&bystander, Policy::Both),
        consumer(Policy::Target, 0),
        consumer(Policy::Head, 1),
    ];
    let ran = run(&engine(None, 2), &instances, &world(&[]));
    assert_eq!(handed(&ran, Policy::Target), ["target"]);
    assert_eq!(handed(&ran, Policy::Head), ["head"]);
}

#[test]
fn a_subject_that_nobody_checks_is_a_lost_gap() {
    let image = |name: &str| Subject::Image { reference: name.into(), digest: "sha256:0".into() };
    let mut giver = probe("names-images", vec![], vec![], |_, out| {
        for name in ["registry.example/known", "registry.example/open", "registry.example/other"] {
            out.subject(Subject::Image { reference: name.into(), digest: "sha256:0".into() });
        }
        Ok(())
    });
    Arc::get_mut(&mut giver).unwrap().spec.gives_subjects = Some(SubjectKind::Image);
    let checks = probe("image", vec![], vec![], |_, _| Ok(()));
    let of_image = Instance { subject: image("registry.example/known"), ..instance(&checks, &[]) };
    let folder = tempfile::tempdir().unwrap();
    for _ in ["live", "cached"] {
        let instances = [instance(&giver, &[]), of_image.clone()];
        let ran = run(&engine(Some(folder.path()), 2), &instances, &world(&[]));
        let reason = |message: &Message| match message {
            Message::Gap(gap) => Some(format!("{} {}", gap.code, gap.reason)),
            _ => None,
        };
        let gaps: Vec<String> = ran.messages.iter().filter_map(reason).collect();
        let expected = ["open", "other"].map(|name| {
            format!("unchecked-subject no stage checks image:registry.example/{name}, which it names")
        });
        assert_eq!(gaps, expected);
        assert_eq!(lost(&ran).len(), 2);
        assert_eq!(status(&ran, "names-images").0, Status::Gaps);
    }
}

#[test]
fn a_stage_is_handed_the_environment_that_it_declares() {
    let needs = vec![Need::Env("LEVEL".into()), Need::Secret("TOKEN".into()), Need::Env("UNSET".into())];
    let stage = probe("curious", needs, vec![], |_, _| Ok(()));
    let pair = |name: &str| (name.to_owned(), name.to_lowercase());
    let environment = ["HOME", "LEVEL", "TOKEN"].map(pair).into();
    let world = World { environment, ..world(&[]) };
    assert_eq!(world.environment_of(&stage.spec), [pair("LEVEL"), pair("TOKEN")].into());
}

#[test]
fn variants_of_a_stage_stand_apart_in_the_record() {
    let one = probe("probe", vec![], vec![], |_, out| {
        out.count("one", 1);
        Ok(())
    });
    let other = probe("probe", vec![], vec![], |_, out| {
        out.count("other", 1);
        Ok(())
    });
    let instances = [Instance { variant: 1, ..instance(&one, &[]) }, instance(&other, &[])];
    let ran = run(&engine(None, 2), &instances, &world(&[]));
    let variant = |message: &Message| match message {
        Message::Stage(outcome) => Some(outcome.variant.to_string()),
        Message::Counted(counted) => Some(counted.what.clone()),
        _ => None,
    };
    let told: Vec<String> = ran.messages.iter().filter_map(variant).collect();
    assert_eq!(told, ["0", "other", "1", "one"]);
}
