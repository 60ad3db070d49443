//! A run that has everything a report can show, for tests.

use std::collections::BTreeMap;

use model::{
    Counted, Evidence, Finding, Fix, GapKind, Location, Message, Policy as By, Related, SecretVerdict,
    Severity, Snippet, StageId, Status, Subject, SuppressionKind,
};

use crate::fixtures::{advisory, case, finding, gap, header, ignored, outcome, policy, said, scoped, span};
use crate::formats::Report;
use crate::{Allowlists, Case, Comparison, Loosened, Record, judge};

const POLICY: &str = "
gate:
  max: { medium: 0 }
  rules:
    - { name: exploited, if: finding.kev, action: fail }
    - { name: look, if: finding.severity == 'low', action: warn }
waivers:
  - { path: 'legacy/**', reason: not deployed, owner: '@sec', expires: 2026-11-30 }
  - { id: CVE-9, reason: gone, owner: '@sec', expires: 2026-01-01 }
";

/// A finding whose every text tries to drive the terminal, draw markdown, or name a placeholder.
fn hostile() -> Finding {
    let text = "\u{1b}[2J\u{9b}31m\u{202e}[x](javascript:0) {0} `|` <b>\r\nnext";
    Finding {
        title: text.into(),
        message: text.into(),
        location: Location::File { path: "a \u{1b}]0;b%/é:#?.txt".into(), span: span(1, 1, 1, 2) },
        snippet: Some(Snippet { line: 1, text: format!("\t{text}\u{0}"), highlight: 3..9_000 }),
        fix: Some(Fix { text: text.into() }),
        ..finding("hostile", Severity::Medium, "a", "hostile")
    }
}

pub(super) fn flowing() -> Finding {
    let at = |path: &str, line: u32| Location::File { path: path.into(), span: span(line, 1, line, 9) };
    Finding {
        stage: StageId::new("sast").unwrap(),
        flow: vec![
            Related { location: at("src/web.rs", 4), message: "the value comes in".into() },
            Related { location: at("src/db.rs", 9), message: "and is run as SQL".into() },
        ],
        related: vec![Related {
            location: at("src/db.rs", 1),
            message: "the connection is made here".into(),
        }],
        snippet: None,
        cwe: vec![89],
        location: at("src/db.rs", 9),
        ..finding("sql-injection", Severity::Critical, "src/db.rs", "query")
    }
}

pub(super) fn leaked(path: &str) -> Finding {
    let evidence = Evidence::Secret {
        redacted: "ghp_…".into(),
        verdict: SecretVerdict::Checksum,
        probability: Some(99),
        decoded: vec!["base64".into()],
    };
    Finding { evidence, ..finding("token", Severity::High, path, "x") }
}

/// Places that are no range of a file of the tree.
fn elsewhere() -> Vec<Finding> {
    let at = |location: Location, identity: &str| Finding {
        stage: StageId::new("dast").unwrap(),
        location,
        snippet: None,
        fix: None,
        ..finding("open", Severity::Low, "", identity)
    };
    let layer = model::Digest::of(b"layer");
    vec![
        at(Location::Exchange { method: "GET".into(), url: "https://shop.example/admin?a=b".into() }, "1"),
        at(
            Location::Commit {
                commit: "0123456789abcdef".repeat(2),
                path: "gone.txt".into(),
                span: span(2, 1, 2, 5),
            },
            "2",
        ),
        at(Location::Layer { layer, path: "/etc/shadow".into(), span: span(1, 1, 1, 1) }, "3"),
        at(
            Location::Field {
                path: "deploy/web.yaml".into(),
                span: span(7, 3, 7, 20),
                object: "Deployment/shop/web".into(),
                field: "spec.replicas".into(),
            },
            "4",
        ),
    ]
}

/// A run that has everything that a report can show.
fn showcase() -> Record {
    let secrets = vec![
        leaked("src/a.rs"),
        leaked("legacy/b.rs"),
        ignored(SuppressionKind::Inline, leaked("src/c.rs")),
        finding("key", Severity::Low, "src/old.rs", "y"),
        hostile(),
    ];
    let young = advisory("GHSA-kev", Severity::Unknown, Some("2026-06-02T00:00:00Z"));
    let gaps = vec![
        gap(GapKind::Unread, "too-large", Some("big.bin")),
        gap(GapKind::Partial, "too-deep", Some("deep.zip")),
        gap(GapKind::Unread, "malformed", Some("old.json")),
    ];
    let mut messages = vec![Message::Run(header("change"))];
    messages.extend(said("secrets", By::Both, secrets, gaps));
    let counted = |what: &str, number: u64, paths: &[&str]| {
        let stage = StageId::new("secrets").unwrap();
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        Message::Counted(Counted { stage, subject: Subject::Tree, what: what.into(), number, paths })
    };
    messages.extend([counted("scanned", 120, &[]), counted("binary", 3, &["a.png", "b\u{1b}[2K.png"])]);
    messages.extend(said(
        "dependencies",
        By::Both,
        vec![young, advisory("GHSA-2", Severity::High, None)],
        vec![],
    ));
    messages.extend(said("sast", By::Both, vec![flowing()], vec![]));
    messages.extend(said("dast", By::Both, elsewhere(), vec![]));
    let mut cached = outcome("licenses", Status::Clean, By::Both);
    cached.cached = true;
    let mut skipped = outcome("image", Status::Skipped, By::Both);
    skipped.reason = Some("no image is named".into());
    let mut failed = outcome("sbom", Status::Failed, By::Both);
    failed.reason = Some("out of time after 5 minutes".into());
    messages.extend([cached, skipped, failed].map(Message::Stage));
    Record::new(messages).unwrap()
}

/// Judges the showcase as a change and hands it to the test.
pub(super) fn with_showcase(look: impl FnOnce(&Report<'_>)) {
    let record = showcase();
    let old = vec![
        finding("key", Severity::Low, "src/older.rs", "y"),
        advisory("GHSA-kev", Severity::Unknown, Some("2026-06-02T00:00:00Z")),
    ];
    let base = scoped("change", old, vec![gap(GapKind::Unread, "malformed", Some("old.json"))]);
    let renames = BTreeMap::from([("src/older.rs".to_owned(), "src/old.rs".to_owned())]);
    let base_time = Some("2026-06-01T00:00:00Z".parse().unwrap());
    let comparison = Comparison {
        base: Some(&base),
        base_time,
        renames: &renames,
        tip: None,
        allowlists: Allowlists::Target,
    };
    let policy = policy(POLICY);
    let loosened = vec![Loosened::new("gate.fail-on", "goes from high to critical; high stays in force")];
    let verdict = judge(&Case { comparison: Some(comparison), loosened, ..case(&record, &policy) });
    look(&Report { record: &record, verdict: &verdict });
}
