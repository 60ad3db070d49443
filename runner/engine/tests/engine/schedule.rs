//! Stages that end otherwise than they should, and runs that are stopped.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::{Budget, Engine, Instance};
use model::{Rule, Status};
use stage::{Given, Running, Sink, Spec, Stage, StageError};

use crate::probe::*;

#[test]
fn a_panic_is_our_bug_and_stops_nobody_else() {
    let broken = probe("broken", vec![], vec![], |_, _| panic!("index 7"));
    let (producer, _) = pair();
    let ran =
        run(&engine(None, 2), &[instance(&broken, &[]), instance(&producer, &[])], &world(&[("a.txt", "")]));
    assert_eq!(ran.bugs, ["stage `broken`: index 7"]);
    assert_eq!(status(&ran, "broken").0, Status::Failed);
    assert_eq!(status(&ran, "lister").0, Status::Clean);
}

fn until_cancelled(given: &Given<'_>, out: &Sink) -> Result<(), StageError> {
    while !given.cancelled() {
        std::thread::sleep(Duration::from_millis(5));
    }
    out.count("half", 1);
    Ok(())
}

#[test]
fn a_stage_whose_time_is_up_is_a_lost_gap_and_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let slow = probe("slow", vec![], vec![], until_cancelled);
    let limited = Instance { timeout: Some(Duration::from_millis(50)), ..instance(&slow, &[]) };
    for _ in 0..2 {
        let ran = run(&engine(Some(folder.path()), 2), std::slice::from_ref(&limited), &world(&[]));
        assert_eq!(lost(&ran), ["slow:timeout"]);
    }
    assert_eq!(slow.runs.load(Ordering::SeqCst), 2);
}

#[test]
fn cancelling_ends_the_run_within_half_a_second() {
    let stubborn = probe("stubborn", vec![], vec![], |_, _| {
        std::thread::sleep(Duration::from_secs(3));
        Ok(())
    });
    let slow = probe("slow", vec![], vec![], until_cancelled);
    let engine = engine(None, 2);
    let cancel = engine.cancel.clone();
    let cancelled = Arc::new(Mutex::new(Instant::now()));
    let noted = Arc::clone(&cancelled);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        *noted.lock().unwrap() = Instant::now();
        cancel.cancel();
    });
    let ran = run(&engine, &[instance(&stubborn, &[]), instance(&slow, &[])], &world(&[]));
    assert!(ran.interrupted);
    assert!(cancelled.lock().unwrap().elapsed() < Duration::from_millis(500));
    assert_eq!(lost(&ran), ["slow:interrupted", "stubborn:interrupted"]);
}

#[test]
fn fail_fast_starts_nothing_more() {
    let (producer, consumer) = pair();
    let late = probe("late", vec![], vec![], |_, _| Ok(()));
    let mut engine = engine(None, 1);
    engine.stop_after = Some(Arc::new(|output| !output.findings.is_empty()));
    let after = Instance { inputs: vec![], ..instance(&late, &[1]) };
    let instances = [instance(&producer, &[]), instance(&consumer, &[0]), after];
    let ran = run(&engine, &instances, &world(&[("a.txt", "x")]));
    assert_eq!(status(&ran, "late").0, Status::Failed);
    assert_eq!(late.runs.load(Ordering::SeqCst), 0);
}

/// A stage that breaks outside of its run: where it is asked for its rules.
struct WithoutRules(Arc<Probe>);

impl Stage for WithoutRules {
    fn spec(&self) -> Spec {
        self.0.spec()
    }

    fn rules(&self) -> Vec<Rule> {
        panic!("index 9")
    }

    fn run<'a>(&'a self, given: &'a Given<'a>, out: &'a Sink) -> Running<'a> {
        self.0.run(given, out)
    }
}

#[test]
fn a_panic_outside_of_the_run_is_told_too() {
    let (producer, consumer) = pair();
    let late = probe("late", vec![], vec![], |_, _| Ok(()));
    let broken = Instance { stage: Arc::new(WithoutRules(consumer.clone())), ..instance(&consumer, &[0]) };
    let folder = tempfile::tempdir().unwrap();
    let after = Instance { inputs: vec![], ..instance(&late, &[1]) };
    let instances = [instance(&producer, &[]), broken, after];
    for _ in ["live", "cached"] {
        let ran = run(&engine(Some(folder.path()), 2), &instances, &world(&[("a.txt", "x")]));
        assert_eq!(ran.bugs, ["stage `probe`: index 9"]);
        assert_eq!(status(&ran, "probe"), (Status::Failed, Some("a bug in the stage: index 9".into())));
        assert_eq!(lost(&ran), ["late:stage-failed", "probe:bug"]);
    }
}

#[test]
fn an_instance_that_never_gets_its_turn_is_told() {
    let (producer, _) = pair();
    let circle = Instance { after: vec![0], ..instance(&producer, &[]) };
    let ran = run(&engine(None, 1), &[circle], &world(&[]));
    assert_eq!(ran.bugs, ["stage `lister`: the schedule ended before it did"]);
    assert_eq!(lost(&ran), ["lister:bug"]);
}

#[test]
fn what_is_not_done_within_the_budget_is_lost_and_says_so() {
    let quick = probe("quick", vec![], vec![], |_, _| Ok(()));
    let slow = probe("slow", vec![], vec![], until_cancelled);
    let late = probe("late", vec![], vec![], |_, _| Ok(()));
    let engine = Engine { budget: Some(Budget::new(Duration::from_secs(1))), ..engine(None, 2) };
    let instances =
        [instance(&quick, &[]), instance(&slow, &[]), Instance { inputs: vec![], ..instance(&late, &[1]) }];
    let ran = run(&engine, &instances, &world(&[]));
    assert!(ran.over_budget && !ran.interrupted);
    assert_eq!(status(&ran, "quick").0, Status::Clean);
    let reason = |when: &str| Some(format!("the budget of the run, 1 s, was over {when}"));
    assert_eq!(status(&ran, "slow"), (Status::Failed, reason("before it was done")));
    assert_eq!(status(&ran, "late"), (Status::Failed, reason("before it began")));
    assert_eq!(lost(&ran), ["late:budget", "slow:budget"]);
    assert_eq!(late.runs.load(Ordering::SeqCst), 0);
}

#[test]
fn a_run_within_its_budget_does_not_show_it() {
    let (producer, _) = pair();
    let engine = Engine { budget: Some(Budget::new(Duration::from_secs(600))), ..engine(None, 2) };
    let ran = run(&engine, &[instance(&producer, &[])], &world(&[("a.txt", "x")]));
    assert!(!ran.over_budget && lost(&ran).is_empty());
}
