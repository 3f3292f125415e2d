//! Starts; nothing else.

fn main() {}
