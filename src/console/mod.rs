//! The terminal: a pure core ([`update`](fn@update), [`screens`]) in a thin
//! shell ([`run_loop`], [`worker`]).

pub mod action;
pub mod diff;
pub mod effect;
pub mod event;
pub mod glyphs;
pub mod keymap;
pub mod text;
pub mod theme;
