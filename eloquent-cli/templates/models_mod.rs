//! The models. `eloquent make:model` keeps what stands between the marks.

// <eloquent:modules>
// </eloquent:modules>

// <eloquent:list>
// </eloquent:list>
