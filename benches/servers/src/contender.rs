//! The contenders that are the same on both servers, and on SQLite.

#[path = "../../src/contender/eloquent.rs"]
mod eloquent;
#[path = "../../src/contender/sea_orm.rs"]
mod sea_orm;
#[path = "../../toasty/src/toasty.rs"]
mod toasty;

pub use self::{
    eloquent::Eloquent,
    sea_orm::SeaOrm,
    toasty::{Post as ToastyPost, Toasty, User as ToastyUser},
};
