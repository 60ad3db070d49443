//! What a condition may compare a field of few words with: a word that the field never holds would make a rule that never
//! stops anything.

use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};

use crate::policy::expression::{ExpressionError, path_of};

/// Fields of few words, with all of them.
const FIELDS: [(&str, &[&str]); 2] = [
    ("severity", &["critical", "high", "medium", "low", "info", "unknown"]),
    ("state", &["new", "unchanged", "waived", "newly-disclosed"]),
];

/// Refuses a comparison that is the same for all findings.
pub(super) fn check(function: &str, operands: &[IdedExpr]) -> Result<(), ExpressionError> {
    if ![operators::EQUALS, operators::NOT_EQUALS, operators::IN].contains(&function) {
        return Ok(());
    }
    let [left, right] = operands else { return Ok(()) };
    for (field, value) in [(left, right), (right, left)] {
        let path = path_of(&field.expr);
        let Some(["finding", name]) = path.as_deref() else { continue };
        let Some((name, known)) = FIELDS.iter().find(|(known, _)| known == name) else { continue };
        let stray = literals(&value.expr).into_iter().find(|word| !known.contains(word));
        if let Some(word) = stray {
            let known = known.join("`, `");
            return Err(ExpressionError::Word { field: name, word: word.to_owned(), known });
        }
    }
    Ok(())
}

/// Returns the texts that stand there, alone or in a list.
fn literals(expr: &Expr) -> Vec<&str> {
    match expr {
        Expr::Literal(LiteralValue::String(text)) => vec![text.as_ref()],
        Expr::List(list) => list.elements.iter().flat_map(|element| literals(&element.expr)).collect(),
        _ => Vec::new(),
    }
}
