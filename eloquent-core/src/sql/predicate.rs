//! Predicates as text.

use super::compiler::Compiler;
use super::expression::subject;
use super::shape::ListForm;
use super::standard;
use crate::Result;
use crate::schema::ColumnType;
use crate::statement::{CompareOperator, Expression, Predicate};
use crate::value::Value;

/// How many predicates stand in one chain. Databases read `a AND b AND c` as a tree as deep as it is
/// long, and bound its depth; longer chains are written as a balanced tree of parentheses.
const CHAIN: usize = 50;

impl Compiler<'_> {
    /// Writes a predicate that nothing stands next to.
    pub(super) fn predicate(&mut self, predicate: &Predicate) -> Result<()> {
        match predicate {
            Predicate::Constant(truth) => {
                self.push(self.dialect.constant(*truth));
                Ok(())
            }
            Predicate::IsTrue(expression) => {
                self.operand(expression)?;
                self.push(self.dialect.is_true());
                Ok(())
            }
            Predicate::Compare(left, operator, right) => self.compare(left, *operator, right),
            Predicate::In { expression, values, negated } => {
                self.is_in(expression, values, *negated)
            }
            Predicate::Between { expression, low, high, negated } => {
                let ty = decimal_of([expression, low, high]);
                self.about(subject(expression), |compiler| {
                    compiler.comparable(expression, ty, true)?;
                    compiler.push(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                    compiler.comparable(low, ty, false)?;
                    compiler.push(" AND ");
                    compiler.comparable(high, ty, false)
                })
            }
            Predicate::IsNull { expression, negated } => self.is_null(expression, *negated),
            Predicate::Like { expression, negated, .. } => {
                self.operand(expression)?;
                self.push(if *negated { " NOT LIKE " } else { " LIKE " });
                self.about(subject(expression), |compiler| {
                    compiler.bind();
                    Ok(())
                })?;
                self.push(self.dialect.like_escape());
                Ok(())
            }
            Predicate::And(all) => self.chain(all, " AND ", true),
            Predicate::Or(any) => self.chain(any, " OR ", false),
            Predicate::Not(inner) => {
                self.push("NOT (");
                self.predicate(inner)?;
                self.push(")");
                Ok(())
            }
            Predicate::Exists { .. } => Err(self.lacks("asking whether a field is there")),
            Predicate::List(_) => Err(self.lacks("a condition on a list")),
            Predicate::Raw(raw) => {
                self.push("(");
                self.raw_fragment(raw)?;
                self.push(")");
                Ok(())
            }
        }
    }

    /// Writes predicates joined by AND or OR; `empty` is what none of them amounts to.
    pub(super) fn chain(
        &mut self,
        predicates: &[Predicate],
        joint: &str,
        empty: bool,
    ) -> Result<()> {
        match predicates {
            [] => {
                self.push(self.dialect.constant(empty));
                Ok(())
            }
            [one] => self.predicate(one),
            many if many.len() <= CHAIN => self.list(joint, many, |compiler, one| match one {
                Predicate::And(inner) | Predicate::Or(inner) if !inner.is_empty() => {
                    compiler.push("(");
                    compiler.predicate(one)?;
                    compiler.push(")");
                    Ok(())
                }
                simple => compiler.predicate(simple),
            }),
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                self.push("(");
                self.chain(left, joint, empty)?;
                self.push(")");
                self.push(joint);
                self.push("(");
                self.chain(right, joint, empty)?;
                self.push(")");
                Ok(())
            }
        }
    }

    fn compare(
        &mut self,
        left: &Expression,
        operator: CompareOperator,
        right: &Expression,
    ) -> Result<()> {
        // Other operators next to a bound null were refused with the shape.
        let negated = operator == CompareOperator::NotEqual;
        match (is_null(left), is_null(right)) {
            (true, true) => {
                self.push(self.dialect.constant(!negated));
                return Ok(());
            }
            (false, true) => return self.is_null(left, negated),
            (true, false) => return self.is_null(right, negated),
            (false, false) => {}
        }
        let ty = decimal_of([left, right]);
        self.about(subject(left).or_else(|| subject(right)), |compiler| {
            compiler.comparable(left, ty, true)?;
            compiler.push(match operator {
                CompareOperator::Equal => " = ",
                CompareOperator::NotEqual => " <> ",
                CompareOperator::Less => " < ",
                CompareOperator::LessOrEqual => " <= ",
                CompareOperator::Greater => " > ",
                CompareOperator::GreaterOrEqual => " >= ",
            });
            compiler.comparable(right, ty, false)
        })
    }

    fn is_null(&mut self, expression: &Expression, negated: bool) -> Result<()> {
        self.operand(expression)?;
        self.push(if negated { " IS NOT NULL" } else { " IS NULL" });
        Ok(())
    }

    fn is_in(&mut self, expression: &Expression, values: &[Value], negated: bool) -> Result<()> {
        let form = ListForm::of(self.dialect, values, self.padding)?;
        if let ListForm::Empty = form {
            // Nothing is in an empty list, not even where the expression is null.
            self.push(self.dialect.constant(negated));
            return Ok(());
        }
        let decimal = values.iter().any(|value| matches!(value, Value::Decimal(_)));
        let ty = decimal_of([expression]).or(decimal.then_some(DECIMAL));
        self.comparable(expression, ty, true)?;
        self.about(subject(expression), |compiler| {
            match form {
                ListForm::Each(count) => {
                    compiler.push(standard::is_in(negated));
                    compiler.push("(");
                    compiler.list(", ", 0..count, |compiler, _| {
                        compiler.bind();
                        Ok(())
                    })?;
                    compiler.push(")");
                }
                ListForm::Packed(list) => {
                    compiler.push(compiler.dialect.packed_operator(negated));
                    let placeholder = compiler.part(|compiler| {
                        compiler.bind();
                        Ok(())
                    })?;
                    compiler.dialect.unpack_list(&mut compiler.sql, list.form, &placeholder);
                }
                ListForm::Empty => {}
            }
            Ok(())
        })
    }
}

const DECIMAL: ColumnType = ColumnType::Decimal { precision: 0, scale: 0 };

/// The type by which expressions are compared: a decimal if one of them is, else the first that is
/// known.
fn decimal_of<const N: usize>(expressions: [&Expression; N]) -> Option<ColumnType> {
    let mut types = expressions.into_iter().filter_map(Expression::column_type);
    let first = types.next();
    match first {
        Some(ty) if ty.is_decimal() => first,
        _ => types.find(|ty| ty.is_decimal()).or(first),
    }
}

fn is_null(expression: &Expression) -> bool {
    matches!(expression, Expression::Value(Value::Null))
}
