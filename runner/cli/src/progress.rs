//! What a person sees while stages run: bars on a terminal, one line a finished stage elsewhere. On standard error only.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::{Event, Listener, Task};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use model::{Policy, Status, plural};
use report::formats::printable;

use crate::terminal::{TALK, Terminal};

/// Returns a listener that shows a run's progress, and the handle that clears it.
pub(crate) fn listener(terminal: &Terminal) -> (Listener, Bars) {
    let bars = Bars(Arc::new(Mutex::new(Shown { bars: BTreeMap::new(), all: MultiProgress::new() })));
    let terminal = *terminal;
    let shown = bars.clone();
    let listener = move |event: Event| {
        if terminal.live { shown.draw(event) } else { line(event, &terminal) }
    };
    (Arc::new(listener), bars)
}

/// The bars of a run.
#[derive(Clone)]
pub(crate) struct Bars(Arc<Mutex<Shown>>);

struct Shown {
    bars: BTreeMap<Task, ProgressBar>,
    all: MultiProgress,
}

impl Bars {
    /// Takes every bar off the terminal.
    pub(crate) fn clear(&self) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.bars.clear();
        let _ = shown.all.clear();
    }

    fn draw(&self, event: Event) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { task } => {
                let bar = shown.all.add(ProgressBar::new_spinner());
                bar.set_prefix(named(&task));
                bar.set_style(style("{spinner} {prefix:32} {elapsed}"));
                bar.enable_steady_tick(Duration::from_millis(120));
                shown.bars.insert(task, bar);
            }
            Event::Progress { task, done, total } => {
                if let Some(bar) = shown.bars.get(&task) {
                    bar.set_style(style("{spinner} {prefix:32} {bar:30} {pos}/{len} {elapsed}"));
                    bar.set_length(total);
                    bar.set_position(done);
                }
            }
            Event::Finished { task, .. } => {
                if let Some(bar) = shown.bars.remove(&task) {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

/// Names a task; whose policy it goes by where that is not the policy of all.
fn named(task: &Task) -> String {
    let Task { stage, subject, policy, variant } = task;
    let policy = match policy {
        Policy::Both => "",
        Policy::Target => ", by the target's policy",
        Policy::Head => ", by the change's policy",
    };
    let variant = if *variant > 0 { format!(", file {}", variant + 1) } else { String::new() };
    printable::line(&format!("{stage} ({subject}{policy}{variant})")).into_owned()
}

fn style(template: &str) -> ProgressStyle {
    // Our own templates are valid; the default spinner is what is left otherwise.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// Says one line for a stage that has ended.
fn line(event: Event, terminal: &Terminal) {
    let Event::Finished { task, status, cached, said: (findings, gaps), milliseconds } = event else {
        return;
    };
    if terminal.json {
        let status = status.name();
        let Task { stage, subject, policy, variant } = task;
        tracing::info!(target: TALK, %stage, %subject, ?policy, variant, status, findings, gaps, cached, milliseconds, "stage ended");
        return;
    }
    let source = if cached { ", cached" } else { "" };
    let said = match status {
        Status::Clean | Status::Skipped => status.name().to_owned(),
        Status::Findings | Status::Gaps => {
            format!("{}, {}", plural(findings, "finding"), plural(gaps, "gap"))
        }
        Status::Failed => "failed".to_owned(),
    };
    terminal.say(format_args!("{}: {said} in {milliseconds} ms{source}", named(&task)));
}
