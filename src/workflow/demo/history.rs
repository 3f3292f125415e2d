//! Who did what and when: the table the sample repository is made from.
//!
//! A commit renames what `moves` says and lays the files of its overlay over the tree. Nothing
//! here may change lightly: people link to the commit ids.

use std::path::Path;

use include_dir::{Dir, DirEntry, include_dir};

use super::{File, hostile, keys};

/// Somebody of the team.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
}

/// One commit, on top of the one before it.
pub(super) struct Commit {
    pub(super) by: &'static Person,
    pub(super) on: &'static str,
    pub(super) message: &'static str,
    pub(super) moves: &'static [(&'static str, &'static str)],
    overlay: Dir<'static>,
    made: fn() -> Vec<File>,
}

impl Commit {
    /// The files it adds or replaces.
    pub(super) fn files(&self) -> Vec<File> {
        let mut files = (self.made)();
        collect(&self.overlay, &mut files);
        files
    }
}

fn collect(dir: &Dir<'static>, files: &mut Vec<File>) {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(dir) => collect(dir, files),
            DirEntry::File(file) => files.push(File {
                path: slashed(file.path()),
                mode: 0o100644,
                content: file.contents().into(),
            }),
        }
    }
}

fn slashed(path: &Path) -> Vec<u8> {
    let names: Vec<_> = path.iter().map(|name| name.as_encoded_bytes()).collect();
    names.join(&b'/')
}

/// The tech lead; whoever opens the demo sits in her chair.
pub(super) const MARA: Person = Person {
    name: "Mara Lindqvist",
    email: "mara.lindqvist@example.org",
};
pub(super) const TOMAS: Person = Person {
    name: "Tomás Ferreira",
    email: "tomas.ferreira@example.org",
};
pub(super) const PRIYA: Person = Person {
    name: "Priya Raman",
    email: "priya.raman@example.org",
};
pub(super) const JONAS: Person = Person {
    name: "Jonas Okafor",
    email: "jonas.okafor@example.org",
};
pub(super) const ELIF: Person = Person {
    name: "Elif Şahin",
    email: "elif.sahin@example.org",
};
pub(super) const NOOR: Person = Person {
    name: "Noor van Dijk",
    email: "noor.vandijk@example.org",
};

/// What `main` has.
pub(super) fn on_main() -> &'static [Commit] {
    static COMMITS: [Commit; 9] = [
        Commit {
            by: &MARA,
            on: "2026-08-31T09:12:00+02:00",
            message: "Count money exactly, and keep a book of it\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/01-foundation"),
            made: Vec::new,
        },
        Commit {
            by: &TOMAS,
            on: "2026-09-02T14:40:00+01:00",
            message: "Pay out two business days after the sale\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/02-schedule"),
            made: Vec::new,
        },
        Commit {
            by: &MARA,
            on: "2026-09-04T10:05:00+02:00",
            message: "Open a lane for experiments\n\n\
                      Tests of the product move to tests/unit, to tell them from theirs.\n",
            moves: &[
                ("tests/test_ledger.py", "tests/unit/test_ledger.py"),
                ("tests/test_money.py", "tests/unit/test_money.py"),
                ("tests/test_payouts.py", "tests/unit/test_payouts.py"),
                ("tests/test_receipts.py", "tests/unit/test_receipts.py"),
                ("tests/test_schedule.py", "tests/unit/test_schedule.py"),
            ],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/03-candidate-lane"),
            made: Vec::new,
        },
        Commit {
            by: &TOMAS,
            on: "2026-09-08T16:21:00+01:00",
            message: "Try out fees by plan, and refunds\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/04-fees-and-refunds"),
            made: Vec::new,
        },
        Commit {
            by: &PRIYA,
            on: "2026-09-11T11:30:00+05:30",
            message: "Try out risk: rules, and a score for fast cards\n\n\
                      Neither looks at names or addresses.\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/05-risk"),
            made: Vec::new,
        },
        Commit {
            by: &ELIF,
            on: "2026-09-15T09:55:00+03:00",
            message: "Bring statements and exchange over from the old back office\n\n\
                      As they were, warts and all.\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/06-statements-and-fx"),
            made: Vec::new,
        },
        Commit {
            by: &JONAS,
            on: "2026-09-18T17:48:00+01:00",
            message: "Charge a card once, however often we are asked to\n\n\
                      The gateway and the checkout use the experiment directly: the double\n\
                      charges of this week could not wait. To be promoted soon.\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/07-idempotency"),
            made: Vec::new,
        },
        Commit {
            by: &TOMAS,
            on: "2026-09-23T13:02:00+01:00",
            message: "Try out settlement runs and webhooks\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/08-settlement-and-webhooks"),
            made: Vec::new,
        },
        Commit {
            by: &MARA,
            on: "2026-09-24T09:31:00+02:00",
            message: "Say who may sign a promotion, and as what\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/08a-who-may-sign"),
            made: keys::keyring,
        },
    ];
    &COMMITS
}

/// What the checked-out branch has on top of that.
pub(super) fn on_work() -> &'static [Commit] {
    static COMMITS: [Commit; 7] = [
        Commit {
            by: &MARA,
            on: "2026-09-28T10:17:00+02:00",
            message: "Add retry: try again, more and more patiently\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/09-retry"),
            made: Vec::new,
        },
        Commit {
            by: &TOMAS,
            on: "2026-09-30T15:33:00+01:00",
            message: "Add schedule: a calendar for each place\n\n\
                      Grown out of core/schedule, which it is to replace.\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/10-schedule"),
            made: Vec::new,
        },
        Commit {
            by: &TOMAS,
            on: "2026-10-02T18:09:00+01:00",
            message: "fees: cap what large shops pay; refunds: disputes\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/11-fees-and-refunds"),
            made: Vec::new,
        },
        Commit {
            by: &PRIYA,
            on: "2026-10-06T12:44:00+05:30",
            message: "risk: look steps up by count; a rule for cards from abroad\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/12-risk"),
            made: Vec::new,
        },
        Commit {
            by: &ELIF,
            on: "2026-10-08T09:20:00+03:00",
            message: "fx: quote by way of the euro; statements: sort; add iban\n",
            moves: &[("candidate/fx/rates.py", "candidate/fx/quotes.py")],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/13-statements-and-fx"),
            made: Vec::new,
        },
        Commit {
            by: &JONAS,
            on: "2026-10-13T16:55:00+01:00",
            message: "settlement: run as a service; webhooks: tell later from never\n",
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/14-service-and-webhooks"),
            made: Vec::new,
        },
        Commit {
            by: &NOOR,
            on: "2026-10-16T08:41:00+02:00",
            message: hostile::MESSAGE,
            moves: &[],
            overlay: include_dir!("$CARGO_MANIFEST_DIR/assets/demo/15-bank-import"),
            made: hostile::files,
        },
    ];
    &COMMITS
}
