//! Joins.

use eloquent_core::statement::{Join, JoinKind, Predicate, Source};

use super::{IntoExpr, Query};
use crate::database::Target;
use crate::model::{Columns, JoinedWith, Model};

/// What closures of a query see; a join adds to it.
pub trait Scope: Copy {
    /// The same with the columns of a further model.
    type With<N: Copy>: Copy;

    /// Adds the columns of a further model.
    fn with<N: Copy>(self, next: N) -> Self::With<N>;
}

impl<C: Columns> Scope for C {
    type With<N: Copy> = (C, N);

    fn with<N: Copy>(self, next: N) -> (C, N) {
        (self, next)
    }
}

macro_rules! scopes {
    ($(($($name:ident),+))+) => {$(
        impl<$($name: Columns),+> Scope for ($($name,)+) {
            type With<Next: Copy> = ($($name,)+ Next);

            #[allow(non_snake_case)]
            fn with<Next: Copy>(self, next: Next) -> Self::With<Next> {
                let ($($name,)+) = self;
                ($($name,)+ next)
            }
        }
    )+};
}

scopes! { (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) }

impl<M: Model, C: Scope> Query<M, C> {
    /// Combines with the rows of another model that match. Closures from here on see a tuple.
    ///
    /// ```no_run
    /// # use eloquent::prelude::*;
    /// # #[derive(Model, Debug)] struct User { id: i64, name: String }
    /// # #[derive(Model, Debug)] struct Post { id: i64, user_id: i64, title: String }
    /// # async fn example() -> eloquent::Result<()> {
    /// let titles: Vec<(String, Post)> = User::query()
    ///     .join::<Post, _>(|(u, p)| p.user_id.eq(u.id))
    ///     .order_by(|(u, p)| (u.name.asc(), p.id.asc()))
    ///     .select(|(u, p)| (u.name, p))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn join<N: Model<Family: JoinedWith<M::Family>>, E: IntoExpr<bool>>(
        self,
        on: impl FnOnce(C::With<N::Columns>) -> E,
    ) -> Query<M, C::With<N::Columns>> {
        self.add_join::<N>(JoinKind::Inner, |scope| Some(on(scope).into_expr().into_predicate()))
    }

    /// Combines with the rows of another model that match, and keeps rows without a match. Columns of
    /// that model are then null: select them with
    /// [`optional`](super::Operand::optional).
    pub fn left_join<N: Model<Family: JoinedWith<M::Family>>, E: IntoExpr<bool>>(
        self,
        on: impl FnOnce(C::With<N::Columns>) -> E,
    ) -> Query<M, C::With<N::Columns>> {
        self.add_join::<N>(JoinKind::Left, |scope| Some(on(scope).into_expr().into_predicate()))
    }

    /// Combines with the rows of another model that match, and keeps rows of that model without a
    /// match. For a [`select`](Self::select): the model of the query may then be all null.
    pub fn right_join<N: Model<Family: JoinedWith<M::Family>>, E: IntoExpr<bool>>(
        self,
        on: impl FnOnce(C::With<N::Columns>) -> E,
    ) -> Query<M, C::With<N::Columns>> {
        self.add_join::<N>(JoinKind::Right, |scope| Some(on(scope).into_expr().into_predicate()))
    }

    /// Combines each row with each row of another model.
    pub fn cross_join<N: Model<Family: JoinedWith<M::Family>>>(
        self,
    ) -> Query<M, C::With<N::Columns>> {
        self.add_join::<N>(JoinKind::Cross, |_| None)
    }

    fn add_join<N: Model>(
        mut self,
        kind: JoinKind,
        on: impl FnOnce(C::With<N::Columns>) -> Option<Predicate>,
    ) -> Query<M, C::With<N::Columns>> {
        self.plan.target = Some(Target::joined(self.plan.target.take(), N::definition()));
        let joins = &mut self.plan.select.joins;
        // seven joins at most: the closures' tuples end there
        let source = Source(u16::try_from(joins.len() + 1).unwrap_or(u16::MAX));
        let columns = self.columns.with(N::columns(source));
        joins.push(Join { kind, table: N::definition().table.into(), source, on: on(columns) });
        self.with_columns(columns)
    }
}
