//! The models. `eloquent make:model` keeps what stands between the marks.

// <eloquent:modules>
mod user;
// </eloquent:modules>

// <eloquent:list>
pub use user::User;
// </eloquent:list>
