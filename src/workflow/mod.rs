//! The phases of a promotion, one file each, and what they share.
