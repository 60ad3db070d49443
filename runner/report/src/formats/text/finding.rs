//! Findings and gaps as a compiler shows its errors: title, source, notes.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Snippet};
use model::{Evidence, Finding, Gap, Location, Related, Severity, plural};

use crate::formats::text::{Page, severities};
use crate::formats::{Judgement, printable, rank};
use crate::{Judged, JudgedGap, State, Waived, WaivedBy};

/// Longest source that is shown, in bytes: snippets of a foreign record may be any size.
const MAX_SOURCE: usize = 8_000;
/// Columns of what stands around the name and the id ahead of a title: brackets, a colon, a blank.
const TITLE: usize = 4;
/// Columns ahead of a source, for its number, and ahead of what is said of it.
const MARGIN: usize = 8;
/// Columns ahead of a note: numbers of lines, and ` = note: `.
const NOTE: usize = 16;
/// Most steps of a flow and most related places that are shown.
const MAX_STEPS: usize = 10;

/// Writes the findings that the gate looks at, or those asked for: the new ones first, then by severity.
pub(super) fn write_all(page: &mut Page<'_>, judgements: &[Judgement<'_>]) {
    let show = &page.options.show;
    let wanted = |(finding, judged): &&(&Finding, &Judged)| {
        show.has(finding, judged) && (show.states.is_some() || judged.counts)
    };
    let mut shown: Vec<&(&Finding, &Judged)> =
        judgements.iter().flat_map(|judgement| judgement.findings.iter().filter(wanted)).collect();
    shown.sort_by(|(a, judged_a), (b, judged_b)| {
        let key = |finding: &Finding, judged: &Judged| {
            (judged.state, rank(finding.severity), finding.stage.clone())
        };
        key(a, judged_a).cmp(&key(b, judged_b)).then_with(|| a.order().cmp(&b.order()))
    });
    for (finding, judged) in shown.iter().take(page.most()) {
        page.part();
        let text = of_finding(page, finding, judged);
        page.line(text);
    }
    if let Some(rest) = shown.get(page.most()..).filter(|rest| !rest.is_empty()) {
        let list = severities(rest.iter().map(|(finding, _)| finding.severity));
        page.part();
        page.line(format_args!(
            "{} more ({list}); --all shows them, and a report in another format has them",
            plural(rest.len(), "finding")
        ));
    }
}

fn of_finding(page: &Page<'_>, finding: &Finding, judged: &Judged) -> String {
    let level = match finding.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium | Severity::Unknown => Level::WARNING,
        Severity::Low | Severity::Info => Level::NOTE,
    };
    let id = format!("{}/{}", finding.stage, printable::line(finding.rule.as_str()));
    let before = finding.severity.name().len() + id.chars().count() + TITLE;
    let title = page.wrapped(printable::short(&finding.title), before);
    let message = printable::short(&finding.message);
    let mut group = level
        .with_name(finding.severity.name())
        .primary_title(title)
        .id(id)
        .elements(place(page, finding, &message));
    for note in notes(finding, judged) {
        group = group.element(Level::NOTE.no_name().message(page.wrapped(note, NOTE)));
    }
    if let Some(fix) = &finding.fix {
        let fix = page.wrapped(printable::short(&fix.text), NOTE);
        group = group.element(Level::HELP.with_name("fix").message(fix));
    }
    page.renderer.render(&[group])
}

/// Returns the source with the place marked, or the place alone and what is wrong there.
fn place<'a>(page: &Page<'_>, finding: &'a Finding, message: &str) -> Vec<annotate_snippets::Element<'a>> {
    let path = named(&finding.location);
    let mut origin = Origin::path(path.clone());
    if let Some(span) = finding.location.span() {
        let number = |number: u32| usize::try_from(number).unwrap_or(1);
        origin = origin.line(number(span.start_line)).char_column(number(span.start_column));
    }
    let note = || Level::NOTE.no_name().message(page.wrapped(message.to_owned(), NOTE)).into();
    match &finding.snippet {
        Some(snippet) if !snippet.text.is_empty() => {
            let (source, highlight) = source(&snippet.text, snippet.highlight.start, snippet.highlight.end);
            // Escapes, masks and cuts move the columns of what is shown, so the place is then told apart.
            let shown = place_of(source.get(..highlight.start).unwrap_or_default(), snippet.line);
            let moved =
                finding.location.span().is_none_or(|span| (span.start_line, span.start_column) != shown);
            let before = source.get(..highlight.end).unwrap_or_default();
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
            let fits = page.fits(MARGIN + column + message.chars().count());
            let mark = AnnotationKind::Primary.span(highlight);
            let mark = if fits { mark.label(message.to_owned()) } else { mark };
            let line = usize::try_from(snippet.line.max(1)).unwrap_or(1);
            let shown = Snippet::source(source).line_start(line).fold(false).annotation(mark);
            let mut elements =
                if moved { vec![origin.into(), shown.into()] } else { vec![shown.path(path).into()] };
            elements.extend((!fits).then(note));
            elements
        }
        Some(_) | None => vec![origin.into(), note()],
    }
}

/// Returns the line and the column behind `before`, the lines that are shown from number `line` on.
fn place_of(before: &str, line: u32) -> (u32, u32) {
    let last = before.rsplit('\n').next().unwrap_or(before);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    (
        line.saturating_add(number(before.matches('\n').count())),
        number(last.chars().count()).saturating_add(1),
    )
}

/// Escapes a source and moves the range that is meant along; ranges of a foreign record may lie anywhere.
fn source(text: &str, start: u32, end: u32) -> (String, std::ops::Range<usize>) {
    let at =
        |offset: u32| text.floor_char_boundary(usize::try_from(offset).unwrap_or(usize::MAX).min(MAX_SOURCE));
    let (start, last) = (at(start), at(u32::MAX));
    let end = at(end).max(start);
    let part = |range: std::ops::Range<usize>| printable::source(text.get(range).unwrap_or_default());
    let (before, meant, after) = (part(0..start), part(start..end), part(end..last));
    let range = before.len()..before.len() + meant.len();
    (before + &meant + &after, range)
}

/// Names a place: its path, or what there is instead.
fn named(location: &Location) -> String {
    let text = match location {
        Location::File { path, .. } | Location::Dependency { path, .. } => path.clone(),
        Location::Commit { commit, path, .. } => format!("{}:{path}", commit.get(..12).unwrap_or(commit)),
        Location::Layer { path, .. } => path.clone(),
        Location::Field { path, object, field, .. } => format!("{path} ({object} {field})"),
        Location::Exchange { method, url } => format!("{method} {url}"),
    };
    printable::path(&text).into_owned()
}

fn step(related: &Related) -> String {
    let line = related
        .location
        .span()
        .map(|span| format!(":{}:{}", span.start_line, span.start_column))
        .unwrap_or_default();
    format!("{}{line}: {}", named(&related.location), printable::short(&related.message))
}

fn notes(finding: &Finding, judged: &Judged) -> Vec<String> {
    let mut notes = Vec::new();
    for (at, related) in finding.flow.iter().take(MAX_STEPS).enumerate() {
        notes.push(format!("step {}: {}", at + 1, step(related)));
    }
    if finding.flow.len() > MAX_STEPS {
        notes.push(format!("{} more", plural(finding.flow.len() - MAX_STEPS, "step")));
    }
    notes.extend(finding.related.iter().take(MAX_STEPS).map(|related| format!("see {}", step(related))));
    if let Evidence::Advisory(found) = &finding.evidence
        && found.path.len() > 1
    {
        let path: Vec<_> = found.path.iter().map(|name| printable::line(name)).collect();
        notes.push(format!("comes in through {}", path.join(" > ")));
    }
    notes.extend(standing(finding, judged));
    if !finding.id().is_empty() {
        notes.push(format!("id: {}", printable::line(finding.id())));
    }
    notes
}

/// Says what the gate makes of a finding, where that is more than that it is new.
fn standing(finding: &Finding, judged: &Judged) -> Option<String> {
    if let Some(waived) = &judged.waived {
        return Some(waiver(waived));
    }
    let ignored = judged.ignored.as_ref().map(|rule| format!("ignored by rule {}", printable::line(rule)));
    match judged.state {
        State::New | State::Waived => ignored,
        State::Unchanged => Some("unchanged".to_owned()),
        State::NewlyDisclosed => {
            let day = match &finding.evidence {
                Evidence::Advisory(found) => {
                    found.published.as_deref().and_then(|time| time.split('T').next())
                }
                Evidence::None | Evidence::Secret { .. } => None,
            };
            Some(format!(
                "newly disclosed, published {}",
                printable::line(day.unwrap_or("at a time unknown"))
            ))
        }
    }
}

fn waiver(waived: &Waived) -> String {
    let reason =
        waived.reason.as_ref().map(|reason| format!(": {}", printable::short(reason))).unwrap_or_default();
    match &waived.by {
        WaivedBy::Waiver { owner, expires } => {
            format!("waived by {} through {expires}{reason}", printable::line(owner))
        }
        WaivedBy::Inline => format!("ignored beside the code{reason}"),
        WaivedBy::Allowlist => format!("ignored by an allowlist{reason}"),
    }
}

/// Writes the gaps that block and those that are new, or in the states that are asked for; the rest is a number.
pub(super) fn write_gaps(page: &mut Page<'_>, judgements: &[Judgement<'_>]) {
    let all: Vec<&(&Gap, &JudgedGap)> = judgements.iter().flat_map(|judgement| &judgement.gaps).collect();
    let states = page.options.show.states.as_deref().unwrap_or(&[State::New]);
    let mut shown: Vec<&(&Gap, &JudgedGap)> =
        all.iter().filter(|(_, judged)| judged.blocks || states.contains(&judged.state)).copied().collect();
    shown.sort_by_key(|(gap, judged)| {
        (!judged.blocks, gap.kind, gap.stage.clone(), gap.path.clone(), gap.line, gap.code.clone())
    });
    for (gap, judged) in shown.iter().take(page.most()) {
        page.part();
        let text = of_gap(page, gap, judged);
        page.line(text);
    }
    let rest = shown.len().saturating_sub(page.most());
    if rest > 0 {
        page.part();
        let more = plural(rest, "gap");
        page.line(format_args!("{more} more; --all shows them, and a report in another format has them"));
    }
    let quiet = all.len() - shown.len();
    if quiet > 0 {
        page.part();
        page.line(format_args!("{} unchanged or waived", plural(quiet, "gap")));
    }
}

fn of_gap(page: &Page<'_>, gap: &Gap, judged: &JudgedGap) -> String {
    let level = if judged.blocks { Level::ERROR } else { Level::WARNING };
    let id = format!("{}/{}", gap.stage, printable::line(&gap.code));
    let kind = format!("{} gap", gap.kind);
    let title = page.wrapped(printable::short(&gap.reason), kind.len() + id.chars().count() + TITLE);
    let mut group = Group::with_title(level.with_name(kind).primary_title(title).id(id));
    if let Some(path) = &gap.path {
        let mut origin = Origin::path(printable::path(path).into_owned());
        if let Some(line) = gap.line {
            origin = origin.line(usize::try_from(line).unwrap_or(1)).char_column(1);
        }
        group = group.element(origin);
    }
    if let Some(hint) = &gap.hint {
        let hint = page.wrapped(printable::short(hint), NOTE);
        group = group.element(Level::HELP.with_name("hint").message(hint));
    }
    page.renderer.render(&[group])
}
