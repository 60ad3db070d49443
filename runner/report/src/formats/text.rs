//! The report for people: a line each stage, the findings that matter with their source, gaps, what the change
//! loosens, warnings, and the verdict last.

mod finding;
mod stages;

use std::fmt::{Display, Write as _};

use annotate_snippets::Renderer;
use anstyle::{AnsiColor, Style};
use model::{Decision, Severity, plural};

use crate::State;
use crate::formats::{Color, Options, Report, printable, rank};

/// How many findings, gaps or lines of a list are shown, unless all are asked for; the rest is a number.
const SHOWN: usize = 20;

/// How many of the gaps that block, shown above, the verdict reminds of.
const REMINDED: usize = 5;

/// Columns that a source is cut to where there is no terminal.
const WIDTH: usize = 100;

/// Fewest columns that text is wrapped to.
const NARROWEST: usize = 30;

/// What the parts of the report write to and look at.
struct Page<'a> {
    text: String,
    options: &'a Options,
    renderer: Renderer,
}

impl Page<'_> {
    /// Writes a line. Every foreign part of it went through [`printable::line`].
    fn line(&mut self, line: impl Display) {
        let _ = writeln!(self.text, "{line}");
    }

    /// Returns the text in a style, or as it is where there are no colors.
    fn styled(&self, style: Style, text: &str) -> String {
        match self.options.color {
            Color::Always => format!("{style}{text}{style:#}"),
            Color::Never => text.to_owned(),
        }
    }

    /// Returns how many of a kind are shown.
    fn most(&self) -> usize {
        if self.options.show.states.is_some() { usize::MAX } else { SHOWN }
    }

    /// Tells whether a line of so many columns is not broken by the terminal.
    fn fits(&self, columns: usize) -> bool {
        self.options.width.is_none_or(|width| columns <= width)
    }

    /// Breaks a text into lines where the report is for a terminal, each with `before` columns of other text ahead of it.
    fn wrapped(&self, text: String, before: usize) -> String {
        let Some(width) = self.options.width else { return text };
        let most = width.saturating_sub(before).max(NARROWEST);
        let mut lines = String::with_capacity(text.len() + text.len() / most);
        let mut column = 0;
        for word in text.split(' ') {
            let length = columns(word);
            if column > 0 && column + 1 + length > most {
                lines.push('\n');
                column = 0;
            } else if !lines.is_empty() {
                lines.push(' ');
                column += 1;
            }
            lines.push_str(word);
            column += length;
        }
        lines
    }

    /// Leaves a blank line between parts.
    fn part(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Writes a titled list, and how many lines were left out.
    fn list(&mut self, title: &str, lines: &[String]) {
        self.list_of(title, lines, self.most());
    }

    /// The same with a bound of its own.
    fn list_of(&mut self, title: &str, lines: &[String], most: usize) {
        if lines.is_empty() {
            return;
        }
        self.part();
        let title = self.styled(BOLD, title);
        self.line(title);
        for line in lines.iter().take(most) {
            let line = self.wrapped(line.clone(), 4).replace('\n', "\n    ");
            self.line(format_args!("  {line}"));
        }
        if lines.len() > most {
            self.line(format_args!("  … and {} more", lines.len() - most));
        }
    }
}

const BOLD: Style = Style::new().bold();

/// Writes the report.
pub(super) fn render(report: &Report<'_>, options: &Options) -> String {
    let renderer = match options.color {
        Color::Always => Renderer::styled(),
        Color::Never => Renderer::plain(),
    };
    let renderer = renderer.term_width(options.width.unwrap_or(WIDTH));
    let mut page = Page { text: String::new(), options, renderer };
    let judgements = report.judgements();
    stages::write(&mut page, &judgements);
    finding::write_all(&mut page, &judgements);
    finding::write_gaps(&mut page, &judgements);
    stages::write_named(&mut page, &judgements);
    write_loosened(&mut page, report);
    write_warnings(&mut page, report);
    write_verdict(&mut page, report);
    page.text
}

fn placed(message: &str, place: Option<&crate::Place>) -> String {
    let place = place.map(|place| format!(" ({})", printable::line(&place.to_string()))).unwrap_or_default();
    format!("{}{place}", printable::short(message))
}

fn write_loosened(page: &mut Page<'_>, report: &Report<'_>) {
    let lines: Vec<String> = report
        .verdict
        .loosened
        .iter()
        .map(|one| placed(&format!("{}: {}", one.what, one.message), one.place.as_ref()))
        .collect();
    page.list("The change loosens what it is judged by; none of this counts:", &lines);
}

fn write_warnings(page: &mut Page<'_>, report: &Report<'_>) {
    let warnings: Vec<String> = report
        .verdict
        .warnings
        .iter()
        .map(|warning| placed(&warning.message, warning.place.as_ref()))
        .collect();
    page.list("Warnings:", &warnings);
    let notes: Vec<String> = report.verdict.notes.iter().map(|note| printable::short(note)).collect();
    page.list("Notes:", &notes);
}

fn write_verdict(page: &mut Page<'_>, report: &Report<'_>) {
    let verdict = report.verdict;
    let failed: Vec<String> = verdict
        .failed
        .iter()
        .map(|failed| format!("{}: {}", printable::line(&failed.rule), printable::short(&failed.message)))
        .collect();
    page.list("The gate fails:", &failed);
    let blocking: Vec<String> = verdict
        .blocking
        .iter()
        .map(|blocking| {
            let hint =
                blocking.hint.as_ref().map(|hint| format!("; {}", printable::line(hint))).unwrap_or_default();
            format!("{}{hint}", printable::short(&blocking.message))
        })
        .collect();
    page.list_of("Not everything was looked at:", &blocking, REMINDED);
    page.part();
    let color = match verdict.decision {
        Decision::Pass => AnsiColor::Green,
        Decision::Fail => AnsiColor::Red,
        Decision::Incomplete => AnsiColor::Yellow,
    };
    let word = page.styled(color.on_default().bold(), verdict.decision.name());
    let findings = tally(verdict.findings.iter().map(|judged| judged.state));
    let findings = match findings.as_str() {
        "" => "no findings".to_owned(),
        list => format!("{} ({list})", plural(verdict.findings.len(), "finding")),
    };
    let gaps = match verdict.gaps.len() {
        0 => String::new(),
        count => format!(
            ", {} ({} blocking)",
            plural(count, "gap"),
            verdict.gaps.iter().filter(|gap| gap.blocks).count()
        ),
    };
    let said = page.wrapped(format!("{word}, {findings}{gaps}"), 9).replace('\n', "\n         ");
    page.line(format_args!("Verdict: {said}"));
}

/// Counts what a word shows: of styles, the one thing with an escape here, nothing.
fn columns(word: &str) -> usize {
    let parts = word.split('\u{1b}').enumerate();
    let shown = |(at, part): (usize, &str)| match part.split_once('m') {
        Some((_, shown)) if at > 0 => shown.chars().count(),
        _ => part.chars().count(),
    };
    parts.map(shown).sum()
}

/// Counts by state: `1 new, 2 waived`.
fn tally(states: impl Iterator<Item = State>) -> String {
    let states: Vec<State> = states.collect();
    let parts = State::ALL.into_iter().filter_map(|state| {
        let count = states.iter().filter(|other| **other == state).count();
        (count > 0).then(|| format!("{count} {state}"))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Counts by severity, the worst first: `1 critical, 2 low`.
fn severities(severities: impl Iterator<Item = Severity>) -> String {
    let mut counts = [0_usize; Severity::ALL.len()];
    for severity in severities {
        if let Some(count) = counts.get_mut(rank(severity)) {
            *count += 1;
        }
    }
    let parts = Severity::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0);
    parts.map(|(severity, count)| format!("{count} {severity}")).collect::<Vec<_>>().join(", ")
}
