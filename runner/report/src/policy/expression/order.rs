//! What a condition may order. `<` and its kin take texts by the alphabet, in which `critical` comes before `high` and 10.0
//! before 9.0: a rule that does so lets pass what it means to stop.

use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};

use crate::policy::expression::{ExpressionError, FIELDS, path_of};

/// The operators that order, as the parser names them and as they are written.
const ORDERING: [(&str, &str); 4] = [
    (operators::LESS, "<"),
    (operators::LESS_EQUALS, "<="),
    (operators::GREATER, ">"),
    (operators::GREATER_EQUALS, ">="),
];
/// The one field whose alphabet is its order: a date of RFC 3339.
const DATE: &str = "evidence.published";

/// What an operand is, as far as its form tells.
enum Operand {
    /// A date.
    Date,
    /// A text that stands there.
    Literal,
    /// A field of the finding that is a text, or a text made of one.
    Text(String),
    /// A number, or what the form does not tell.
    Other,
}

/// Refuses an order of texts.
pub(super) fn check(function: &str, operands: &[IdedExpr]) -> Result<(), ExpressionError> {
    let Some((_, operator)) = ORDERING.iter().find(|(name, _)| *name == function) else { return Ok(()) };
    let [left, right] = operands else { return Ok(()) };
    let what = match (operand(&left.expr), operand(&right.expr)) {
        (Operand::Text(what), _) | (_, Operand::Text(what)) => what,
        (Operand::Date, _) | (_, Operand::Date) | (Operand::Other, Operand::Other) => return Ok(()),
        (Operand::Literal, Operand::Literal | Operand::Other) | (Operand::Other, Operand::Literal) => {
            "a text".to_owned()
        }
    };
    let instead = if what == "`finding.severity`" {
        "write `finding.rank >= 4`, where 5 is critical and 1 is info"
    } else {
        "compare it with `==`, `!=` or `in`"
    };
    Err(ExpressionError::Order { what, operator: (*operator).to_owned(), instead })
}

fn operand(expr: &Expr) -> Operand {
    if let Some(["finding", fields @ ..]) = path_of(expr).as_deref() {
        let field = fields.join(".");
        return match FIELDS.get(&field) {
            Some(&"string") if field == DATE => Operand::Date,
            Some(&"string") => Operand::Text(format!("`finding.{field}`")),
            Some(_) | None => Operand::Other,
        };
    }
    match expr {
        Expr::Literal(LiteralValue::String(_)) => Operand::Literal,
        Expr::Call(call) => {
            let makes_text = [operators::CONDITIONAL, operators::ADD, "string"];
            let parts = call.args.iter().filter(|_| makes_text.contains(&call.func_name.as_str()));
            let text = parts.map(|part| operand(&part.expr)).find(|part| !matches!(part, Operand::Other));
            text.unwrap_or(Operand::Other)
        }
        _ => Operand::Other,
    }
}
