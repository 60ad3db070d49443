//! The rules of the stage: one a kind of advisory, and one for ignores without effect.

use advisory::Kind;
use model::{IdError, Rule, RuleId, Severity, StageId};

/// What a rule says, whatever the name of the stage.
struct Said {
    id: &'static str,
    severity: Severity,
    cwe: &'static [u32],
    title: &'static str,
    why: &'static str,
    fix: &'static str,
}

const MALICIOUS: Said = Said {
    id: "malicious",
    severity: Severity::Critical,
    cwe: &[506],
    title: "Malicious dependency",
    why: "The package does harm by design: whoever installs it runs the attacker's code.",
    fix: "Remove the package, and treat every machine that installed it as compromised.",
};

const VULNERABLE: Said = Said {
    id: "vulnerable",
    severity: Severity::Unknown,
    cwe: &[1395],
    title: "Vulnerable dependency",
    why: "A published advisory names this version: the flaw is known to everyone, and often so is its exploit.",
    fix: "Upgrade to a version that has the fix.",
};

const UNSOUND: Said = Said {
    id: "unsound",
    severity: Severity::Medium,
    cwe: &[1395],
    title: "Unsound dependency",
    why: "The package can break the promises of its language when used as documented, so that safe code \
          corrupts memory.",
    fix: "Upgrade to a version that has the fix, or avoid what the advisory names.",
};

const UNMAINTAINED: Said = Said {
    id: "unmaintained",
    severity: Severity::Low,
    cwe: &[1104],
    title: "Unmaintained dependency",
    why: "Nobody looks after the package: the next flaw will not be fixed.",
    fix: "Move to a package that is looked after.",
};

const NOTICE: Said = Said {
    id: "notice",
    severity: Severity::Info,
    cwe: &[],
    title: "Notice about a dependency",
    why: "The advisory only informs: nothing is known to be exploitable.",
    fix: "Read the advisory.",
};

const UNUSED_IGNORE: Said = Said {
    id: "unused-ignore",
    severity: Severity::Info,
    cwe: &[],
    title: "Ignore without effect",
    why: "An entry that matches nothing hides the next advisory that it happens to match.",
    fix: "Remove the entry.",
};

impl Said {
    fn rule(&self, stage: &StageId) -> Result<Rule, IdError> {
        Ok(Rule {
            stage: stage.clone(),
            id: RuleId::new(self.id)?,
            title: self.title.to_owned(),
            why: self.why.to_owned(),
            fix: self.fix.to_owned(),
            severity: self.severity,
            cwe: self.cwe.to_vec(),
            help_url: None,
        })
    }
}

/// The rules of one instance of the stage.
pub(crate) struct Rules {
    malicious: Rule,
    vulnerable: Rule,
    unsound: Rule,
    unmaintained: Rule,
    notice: Rule,
    pub(crate) unused_ignore: Rule,
}

impl Rules {
    pub(crate) fn new(stage: &StageId) -> Result<Self, IdError> {
        Ok(Self {
            malicious: MALICIOUS.rule(stage)?,
            vulnerable: VULNERABLE.rule(stage)?,
            unsound: UNSOUND.rule(stage)?,
            unmaintained: UNMAINTAINED.rule(stage)?,
            notice: NOTICE.rule(stage)?,
            unused_ignore: UNUSED_IGNORE.rule(stage)?,
        })
    }

    /// Returns the rule for a kind of advisory.
    pub(crate) fn of(&self, kind: Kind) -> &Rule {
        match kind {
            Kind::Malicious => &self.malicious,
            Kind::Vulnerability => &self.vulnerable,
            Kind::Unsound => &self.unsound,
            Kind::Unmaintained => &self.unmaintained,
            Kind::Notice => &self.notice,
        }
    }

    /// Returns the severity of a finding. Of a vulnerability it is what the advisory says; the other kinds have one of
    /// their own, which an advisory can raise.
    pub(crate) fn severity(&self, kind: Kind, told: Severity) -> Severity {
        let own = self.of(kind).severity;
        match (kind, told) {
            (Kind::Vulnerability, told) => told,
            (Kind::Malicious | Kind::Notice, _) | (_, Severity::Unknown) => own,
            (Kind::Unsound | Kind::Unmaintained, told) if told.rank() > own.rank() => told,
            (Kind::Unsound | Kind::Unmaintained, _) => own,
        }
    }

    pub(crate) fn all(&self) -> Vec<Rule> {
        let kinds = Kind::ALL.into_iter().map(|kind| self.of(kind).clone());
        kinds.chain([self.unused_ignore.clone()]).collect()
    }
}
