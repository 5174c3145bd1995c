//! Numbers: their sums, their means and what is reckoned with them.

use std::ops::{Add, Div, Mul, Sub};

use eloquent_core::statement::{ArithmeticOperator, Expression};
use eloquent_core::value::{ColumnValue, Decimal};

use super::{Col, Expr, IntoExpr, Operand as _};

/// A number, and what its sum and mean are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number",
    label = "only numbers are summed up and averaged",
    note = "take a field that holds a number, or count the rows"
)]
pub trait Number: ColumnValue {
    /// The type of a sum.
    type Sum: ColumnValue;
    /// The type of a mean.
    type Avg: ColumnValue;
}

macro_rules! numbers {
    ($($number:ty: $sum:ty, $avg:ty;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl Number for $number {
            type Sum = $sum;
            type Avg = $avg;
        }
    )+};
}

numbers! {
    i8: i64, f64; i16: i64, f64; i32: i64, f64; i64: i64, f64;
    u8: u64, f64; u16: u64, f64; u32: u64, f64; u64: u64, f64;
    f32: f64, f64; f64: f64, f64;
    Decimal: Decimal, Decimal;
}

macro_rules! arithmetic {
    ($($operator:ident $method:ident $node:ident;)+) => {$(
        impl<T: ColumnValue, R: IntoExpr<T>, F> $operator<R> for Col<T, F> where T::Plain: Number {
            type Output = Expr<T>;

            fn $method(self, other: R) -> Expr<T> {
                arithmetic(self.operand(), ArithmeticOperator::$node, other.into_expr())
            }
        }

        impl<T: ColumnValue, R: IntoExpr<T>> $operator<R> for Expr<T> where T::Plain: Number {
            type Output = Expr<T>;

            fn $method(self, other: R) -> Expr<T> {
                arithmetic(self, ArithmeticOperator::$node, other.into_expr())
            }
        }
    )+};
}

arithmetic! {
    Add add Add;
    Sub sub Subtract;
    Mul mul Multiply;
    Div div Divide;
}

fn arithmetic<T>(left: Expr<T>, operator: ArithmeticOperator, right: Expr<T>) -> Expr<T> {
    let depth = left.depth.max(right.depth);
    Expr::over(Expression::Arithmetic(Box::new(left.node), operator, Box::new(right.node)), depth)
}
