//! Conditions of gate rules, in the Common Expression Language.
//!
//! A condition is checked before anything runs: its syntax, its names, and that it answers yes or no. What it may
//! cost is bounded too, because a change can bring its own rules: `map` and `filter` are refused, nothing is joined
//! inside a loop, loops nest twice at most, and the steps that a finding's lists allow are counted beforehand.

mod order;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::{Context, Env, ExecutionError, Program, Value};

use crate::policy::facts::{self, Facts, MAX_LIST};

/// Longest condition, in bytes.
const MAX_SOURCE: usize = 2_000;
/// Deepest nesting of brackets. The parser of `cel` 0.15 takes some 170 kB of stack a bracket in a debug build, and a
/// thread of a pool may have 2 MB.
const MAX_BRACKETS: usize = 8;
/// Deepest nesting of a parsed condition: it is walked by recursion.
const MAX_DEPTH: usize = 60;
/// Loops inside loops.
const MAX_LOOPS: u32 = 2;
/// Steps that one finding may take.
const MAX_STEPS: u64 = 200_000;

/// Functions of the language that a condition may call; the rest is refused by name.
const FUNCTIONS: [&str; 29] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::NOT_STRICTLY_FALSE,
    operators::IN,
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "type",
];

static ENVIRONMENT: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::stdlib().with_optional_support(false)));
/// Path of each field, with its type.
static FIELDS: LazyLock<BTreeMap<String, &'static str>> =
    LazyLock::new(|| facts::fields().into_iter().map(|field| (field.path, field.kind)).collect());

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Longer than is taken.
    #[error("is longer than {MAX_SOURCE} bytes")]
    Long,
    /// The text is not in the language.
    #[error("is no CEL expression, at line {line}, column {column}: {message}")]
    Syntax {
        /// Line in the expression.
        line: usize,
        /// Column in the expression.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A variable other than `finding`.
    #[error("uses `{0}`; the only variable is `finding`")]
    Variable(String),
    /// A field that findings do not have.
    #[error("uses `finding.{0}`, which no finding has")]
    Field(String),
    /// A function that is not offered.
    #[error("calls `{0}`, which gate rules do not offer")]
    Function(String),
    /// A text is ordered: `high` stands behind `critical` in the alphabet.
    #[error("orders {what} by `{operator}`, and a text has no order: {instead}")]
    Order {
        /// What is ordered.
        what: String,
        /// How.
        operator: String,
        /// What to write.
        instead: &'static str,
    },
    /// A word that a field never holds.
    #[error("compares `finding.{field}` with `{word}`, which it never is; it is one of `{known}`")]
    Word {
        /// The field.
        field: &'static str,
        /// The word.
        word: String,
        /// The words that it may hold.
        known: String,
    },
    /// More work than one finding may take.
    #[error("{0}")]
    Cost(&'static str),
    /// It fails, or answers something else than yes or no, on a finding of which nothing is known.
    #[error("does not answer true or false: {0}")]
    Answer(String),
}

/// A checked condition.
#[derive(Clone)]
pub(crate) struct Expression {
    source: String,
    program: Arc<Program>,
    nodes: u64,
    loops: u32,
    longest_literal: u64,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Expression {}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

impl Expression {
    /// Checks and compiles a condition.
    pub(crate) fn compile(source: &str) -> Result<Self, ExpressionError> {
        if source.len() > MAX_SOURCE {
            return Err(ExpressionError::Long);
        }
        balanced(source)?;
        let program = ENVIRONMENT.compile(source).map_err(|errors| syntax(&errors))?;
        let mut survey = Survey::default();
        survey.visit(program.expression(), 0)?;
        let expression = Self {
            source: source.to_owned(),
            program: Arc::new(program),
            nodes: survey.nodes,
            loops: survey.deepest_loop,
            longest_literal: survey.longest_literal,
        };
        Scene::of(&Facts::nothing())
            .and_then(|scene| expression.holds(&scene))
            .map_err(ExpressionError::Answer)?;
        Ok(expression)
    }

    /// Returns the text.
    #[cfg(test)]
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Tells whether the condition holds on a finding, or why that cannot be told.
    pub(crate) fn holds(&self, on: &Scene) -> Result<bool, String> {
        let turns = self.longest_literal.max(on.longest_list as u64).max(1);
        let steps = self.nodes.saturating_mul(turns.saturating_pow(self.loops));
        if on.longest_list > MAX_LIST || steps > MAX_STEPS {
            return Err("it would take too many steps".to_owned());
        }
        match self.program.execute(&on.context) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(other) => Err(format!("it answers with a value of type {}", other.type_of())),
            Err(error) => Err(explain(&error)),
        }
    }
}

/// A finding, ready for any number of conditions.
pub(crate) struct Scene {
    context: Context<'static, 'static>,
    longest_list: usize,
}

impl Scene {
    /// Makes a finding known to conditions.
    pub(crate) fn of(facts: &Facts) -> Result<Self, String> {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        context.add_variable("finding", facts).map_err(|error| error.to_string())?;
        Ok(Self { context, longest_list: facts.longest_list() })
    }
}

/// Words an error of the evaluation without the values involved, which may be long and foreign.
fn explain(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("there is no key `{key}`"),
        ExecutionError::NoSuchOverload(overload) => {
            format!("`{}` does not take {}", overload.function(), overload.argument_types().join(" and "))
        }
        ExecutionError::UndeclaredReference(name) => format!("`{name}` is not declared"),
        ExecutionError::IndexOutOfBounds(_) => "an index is out of bounds".to_owned(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "it divides by zero".to_owned()
        }
        ExecutionError::Overflow(..) => "a number is too large".to_owned(),
        ExecutionError::ValuesNotComparable(..) => "two values of different types are compared".to_owned(),
        _ => "a value has the wrong type".to_owned(),
    }
}

fn syntax(errors: &cel::ParseErrors) -> ExpressionError {
    let Some(error) = errors.errors.first() else { return ExpressionError::Cost("cannot be parsed") };
    if error.msg.contains("Recursion limit") {
        return ExpressionError::Cost("nests too deep");
    }
    let positive = |number: isize| usize::try_from(number).unwrap_or(0);
    let message = error.msg.strip_prefix("Syntax error: ").unwrap_or(&error.msg);
    // What could stand there instead is every beginning of an expression.
    let message = message.split(" expecting ").next().unwrap_or(message).replace("<EOF>", "end");
    ExpressionError::Syntax { line: positive(error.pos.0), column: positive(error.pos.1), message }
}

/// Refuses what nests deeper than the parser should be asked to go.
fn balanced(source: &str) -> Result<(), ExpressionError> {
    let mut depth = 0_usize;
    for character in source.chars() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_BRACKETS {
            return Err(ExpressionError::Cost("nests too many brackets"));
        }
    }
    Ok(())
}

/// One walk over a parsed condition: names are checked and what costs is counted.
#[derive(Default)]
struct Survey {
    nodes: u64,
    depth: usize,
    deepest_loop: u32,
    longest_literal: u64,
    /// Names bound by the loops around.
    bound: Vec<String>,
}

impl Survey {
    fn visit(&mut self, node: &IdedExpr, loops: u32) -> Result<(), ExpressionError> {
        self.nodes += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ExpressionError::Cost("nests too deep"));
        }
        self.deepest_loop = self.deepest_loop.max(loops);
        if let Some(path) = path_of(&node.expr) {
            self.check_path(&path)?;
        } else {
            self.visit_parts(&node.expr, loops)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn visit_parts(&mut self, expr: &Expr, loops: u32) -> Result<(), ExpressionError> {
        match expr {
            Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => Ok(()),
            Expr::Call(call) => {
                let name = call.func_name.as_str();
                if !FUNCTIONS.contains(&name) {
                    return Err(ExpressionError::Function(name.to_owned()));
                }
                order::check(name, &call.args)?;
                words::check(name, &call.args)?;
                if loops > 0 && name == operators::ADD {
                    return Err(ExpressionError::Cost("joins values inside a loop"));
                }
                call.target.iter().try_for_each(|target| self.visit(target, loops))?;
                call.args.iter().try_for_each(|argument| self.visit(argument, loops))
            }
            Expr::Select(select) => self.visit(&select.operand, loops),
            Expr::List(list) => {
                self.longest_literal = self.longest_literal.max(list.elements.len() as u64);
                list.elements.iter().try_for_each(|element| self.visit(element, loops))
            }
            Expr::Map(map) => {
                self.longest_literal = self.longest_literal.max(map.entries.len() as u64);
                map.entries.iter().try_for_each(|entry| match &entry.expr {
                    EntryExpr::MapEntry(entry) => {
                        self.visit(&entry.key, loops)?;
                        self.visit(&entry.value, loops)
                    }
                    EntryExpr::StructField(field) => self.visit(&field.value, loops),
                })
            }
            Expr::Struct(structure) => Err(ExpressionError::Function(structure.type_name.clone())),
            Expr::Comprehension(turn) => {
                if loops >= MAX_LOOPS {
                    return Err(ExpressionError::Cost("nests more than two loops"));
                }
                if matches!(turn.accu_init.expr, Expr::List(_) | Expr::Map(_)) {
                    return Err(ExpressionError::Function("map` or `filter".to_owned()));
                }
                self.visit(&turn.iter_range, loops)?;
                self.deepest_loop = self.deepest_loop.max(loops + 1);
                let names = [Some(&turn.iter_var), turn.iter_var2.as_ref(), Some(&turn.accu_var)];
                self.bound.extend(names.into_iter().flatten().cloned());
                // `exists_one` counts with an addition of its own, so only what the user wrote is looked at.
                let outcome = self.visit_step(&turn.loop_step, loops + 1);
                self.bound
                    .truncate(self.bound.len().saturating_sub(2 + usize::from(turn.iter_var2.is_some())));
                outcome
            }
        }
    }

    fn visit_step(&mut self, step: &IdedExpr, loops: u32) -> Result<(), ExpressionError> {
        match &step.expr {
            Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
                call.args.first().map_or(Ok(()), |condition| self.visit(condition, loops))
            }
            _ => self.visit(step, loops),
        }
    }

    fn check_path(&self, path: &[&str]) -> Result<(), ExpressionError> {
        let Some((variable, fields)) = path.split_first() else { return Ok(()) };
        if self.bound.iter().any(|name| name == variable) {
            return Ok(());
        }
        if *variable != "finding" {
            let types = ["int", "uint", "double", "bool", "string", "list", "map", "null_type", "type"];
            return if fields.is_empty() && types.contains(variable) {
                Ok(())
            } else {
                Err(ExpressionError::Variable((*variable).to_owned()))
            };
        }
        let field = fields.join(".");
        if field.is_empty() || FIELDS.contains_key(&field) {
            Ok(())
        } else {
            Err(ExpressionError::Field(field))
        }
    }
}

/// Returns the names of `a.b.c`, `has(a.b)` included; `None` for anything else.
fn path_of(expr: &Expr) -> Option<Vec<&str>> {
    match expr {
        Expr::Ident(name) => Some(vec![name]),
        Expr::Select(select) => {
            let mut path = path_of(&select.operand.expr)?;
            path.push(&select.field);
            Some(path)
        }
        Expr::Literal(LiteralValue::Null | LiteralValue::Boolean(_)) => None,
        _ => None,
    }
}

#[cfg(test)]
mod tests;
