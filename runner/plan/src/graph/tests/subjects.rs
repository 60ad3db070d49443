//! Subjects that stages give, and runs that are split.

use model::Digest;

use super::*;

fn image(name: &str) -> Subject {
    Subject::Image { reference: name.to_owned(), digest: Digest::of(name.as_bytes()).to_string() }
}

const IMAGES: &str = "version: 1\nstages:\n  all: { uses: tool, wants-every: [inventory] }\n  dependencies: {}\n  manifests: { uses: tool, gives-images: true }\n  report: { uses: tool, needs: [shell] }\n  shell: { uses: tool, on-images: true }\n";

#[test]
fn a_plan_expands_over_subjects_that_stages_give() {
    let mut plan = plan(IMAGES, &ASK).unwrap();
    assert_eq!(
        lines(&plan),
        [
            "0 inventory tree: gives `inventory` to `all`",
            "1 dependencies tree: in profile `ci` <- inventory@0 after [0]",
            "2 manifests tree: in profile `ci`",
            "3 all tree: in profile `ci` <- inventory@0 after [0, 2]",
            "4 report tree: in profile `ci` after [2]",
        ]
    );
    let waiting = |plan: &Plan| {
        plan.waiting()
            .iter()
            .map(|waiting| format!("{} {} {:?}", waiting.id, waiting.subject, waiting.givers.len()))
            .collect::<Vec<_>>()
    };
    assert_eq!(waiting(&plan), ["inventory image 1", "dependencies image 1", "shell image 1"]);
    let expansion = plan.expand(2, &image("app")).unwrap();
    assert_eq!(expansion, Expansion { added: vec![5, 6, 7], grown: vec![3, 4] });
    assert_eq!(
        lines(&plan)[3..],
        [
            "3 all tree: in profile `ci` <- inventory@0 inventory@5 after [0, 2, 5]",
            "4 report tree: in profile `ci` after [2, 7]",
            "5 inventory image:app: gives `inventory` to `all`",
            "6 dependencies image:app: in profile `ci` <- inventory@5 after [5]",
            "7 shell image:app: in profile `ci`",
        ]
    );
    assert!(plan.waiting().is_empty());
    assert_eq!(plan.expand(2, &image("app")).unwrap(), Expansion::default());
    assert_eq!(plan.expand(2, &image("db")).unwrap().added, [8, 9, 10]);
}

#[test]
fn what_stages_give_is_bounded() {
    let mut plan = plan(IMAGES, &ASK).unwrap();
    assert_eq!(
        plan.expand(1, &image("app")).unwrap_err().to_string(),
        "stage `dependencies` gave a subject of the kind image, which it does not declare"
    );
    for number in 0..MOST_SUBJECTS - 1 {
        plan.depths.insert(image(&number.to_string()), 1);
    }
    assert_eq!(
        plan.expand(2, &image("app")).unwrap_err().to_string(),
        "stage `manifests` gave more than 1000 subjects"
    );
}

#[test]
fn subjects_of_subjects_are_bounded() {
    let mut plan = plan("version: 1\nstages: { a: { uses: tool, gives-images: true }, b: { uses: tool, on-images: true, gives-images: true } }", &ASK).unwrap();
    assert_eq!(plan.expand(0, &image("one")).unwrap().added, [1]);
    assert_eq!(plan.expand(1, &image("two")).unwrap().added, [2]);
    assert_eq!(
        plan.expand(2, &image("three")).unwrap_err().to_string(),
        "stage `b` gave a subject of a subject of a subject; at most 2 are followed"
    );
}

#[test]
fn shards_report_every_instance_once() {
    check(
        &IMAGES["version: 1\n".len()..],
        &Ask { shard: Some("1/2"), ..ASK },
        &[
            "0 inventory tree: gives `inventory` to `all`",
            "1 dependencies tree in 2 <- inventory@0 after [0]",
            "2 manifests tree: in profile `ci`",
            "3 all tree in 2 <- inventory@0 after [0, 2]",
            "4 report tree: in profile `ci` after [2]",
        ],
    );
    check(
        &IMAGES["version: 1\n".len()..],
        &Ask { shard: Some("2/2"), ..ASK },
        &[
            "0 inventory tree repeated of 1: gives `inventory` to `all`",
            "1 dependencies tree: in profile `ci` <- inventory@0 after [0]",
            "2 manifests tree repeated of 1: in profile `ci`",
            "3 all tree: in profile `ci` <- inventory@0 after [0, 2]",
            "4 report tree in 1 after [2]",
        ],
    );
    let shards: Vec<Plan> = (1..=3)
        .map(|index| {
            let mut plan = plan(IMAGES, &Ask { shard: Some(&format!("{index}/3")), ..ASK }).unwrap();
            for name in ["app", "db", "web"] {
                plan.expand(2, &image(name)).unwrap();
            }
            plan
        })
        .collect();
    for index in 0..shards[0].instances().len() {
        let reported =
            shards.iter().filter(|plan| matches!(plan.instances()[index].fate, Fate::Runs { .. })).count();
        assert_eq!(reported, 1, "{}", lines(&shards[0])[index]);
        for plan in &shards {
            let instance = &plan.instances()[index];
            let supplied = |input: &Input| plan.instances()[input.producer].fate.runs();
            assert!(!instance.fate.runs() || instance.inputs.iter().all(supplied), "{}", lines(plan)[index]);
        }
    }
}

#[test]
fn a_shard_is_one_of_several() {
    assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
    for none in ["", "0/2", "3/2", "1", "1/0", "a/b", "1/1001", "-1/2"] {
        assert_eq!(
            none.parse::<Shard>().unwrap_err().to_string(),
            format!("`{none}` is no shard: write it as 1/4, the first of four")
        );
    }
}

#[test]
fn a_split_run_is_the_whole_run() {
    let whole = plan(IMAGES, &ASK).unwrap();
    let one = plan(IMAGES, &Ask { shard: Some("1/1"), ..ASK }).unwrap();
    assert_eq!(lines(&whole), lines(&one));
}
