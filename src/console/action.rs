//! Everything a key can do. One table drives dispatch, help and footer.

/// Where an action applies: a section of `keymap.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere but in a prompt.
    Global,
    /// The dashboard.
    Dashboard,
    /// The module screen.
    Module,
    /// The diff pane of the module screen.
    Diff,
    /// The review screen.
    Review,
    /// The review's last step.
    Sign,
    /// The wizard of a proposal.
    Wizard,
    /// While it is read what a step would do.
    Errand,
    /// While a note is written.
    Note,
    /// The audit log.
    Audit,
    /// What is watched.
    Canary,
    /// While it is read what saying something of a watch means.
    Order,
    /// While something is typed.
    Prompt,
}

impl Context {
    /// All contexts, in the order of the help screen.
    pub const ALL: [Self; 13] = [
        Self::Dashboard,
        Self::Module,
        Self::Diff,
        Self::Review,
        Self::Sign,
        Self::Wizard,
        Self::Errand,
        Self::Note,
        Self::Audit,
        Self::Canary,
        Self::Order,
        Self::Prompt,
        Self::Global,
    ];

    /// The section's name in `keymap.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Dashboard => "dashboard",
            Self::Module => "module",
            Self::Diff => "diff",
            Self::Review => "review",
            Self::Sign => "sign",
            Self::Wizard => "wizard",
            Self::Errand => "errand",
            Self::Note => "note",
            Self::Audit => "audit",
            Self::Canary => "canary",
            Self::Order => "order",
            Self::Prompt => "prompt",
        }
    }

    /// The heading on the help screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Dashboard => "Dashboard",
            Self::Module => "Module",
            Self::Diff => "Diff",
            Self::Review => "Review",
            Self::Sign => "Review, last step",
            Self::Wizard => "Proposal",
            Self::Errand => "Before it is done",
            Self::Note => "While writing",
            Self::Audit => "Audit log",
            Self::Canary => "Canary",
            Self::Order => "Before it is said of a canary",
            Self::Prompt => "While typing",
        }
    }
}

macro_rules! actions {
    ($($context:ident { $($action:ident $name:literal $hint:literal $description:literal;)* })*) => {
        /// What a key does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[doc = $description] $action,)*)*
        }

        impl Action {
            /// Every action, in the order of the help screen.
            pub const ALL: &'static [Self] = &[$($(Self::$action,)*)*];

            /// Where it applies.
            pub fn context(self) -> Context {
                match self { $($(Self::$action => Context::$context,)*)* }
            }

            /// Its name in `keymap.toml`.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$action => $name,)*)* }
            }

            /// One or two words for the footer.
            pub fn hint(self) -> &'static str {
                match self { $($(Self::$action => $hint,)*)* }
            }

            /// What it does, for the help screen.
            pub fn description(self) -> &'static str {
                match self { $($(Self::$action => $description,)*)* }
            }
        }
    };
}

actions! {
    Dashboard {
        Open "open" "open" "open the selected module";
        Check "check" "run gates" "run the gates on the selected module or lane";
        CancelCheck "cancel-check" "cancel" "cancel the running gates";
        Filter "filter" "filter" "filter modules by name as you type";
        StatusFilter "status-filter" "show" "show all modules, those that fail, those that need a run";
        Sort "sort" "sort" "sort by name, status, age, owner";
        SortReverse "sort-reverse" "reverse" "reverse the sort order";
        Fold "fold" "fold" "fold the module, or go to its parent";
        Unfold "unfold" "unfold" "unfold the module, or go to its first child";
        ToggleFold "toggle-fold" "fold" "fold or unfold the module";
        FoldAll "fold-all" "fold all" "fold every module";
        UnfoldAll "unfold-all" "unfold all" "unfold every module";
        NextFailing "next-failing" "next failing" "go to the next module with a failed gate or an error";
        PreviousFailing "previous-failing" "previous failing" "go to the previous module with a failed gate or an error";
        Propose "propose" "propose" "write why the selected module is to be promoted";
        SignOff "sign-off" "sign off" "review the selected module and sign";
        Promote "promote" "promote" "read what promoting the selected module would do, and do it";
        Audit "audit" "audit log" "show the audit log";
        Canary "canary" "canary" "show how what was merged stands";
        TogglePanel "toggle-panel" "progress" "show or hide the progress of running gates";
    }
    Module {
        NextPane "next-pane" "next pane" "go to the next pane";
        PreviousPane "previous-pane" "previous pane" "go to the previous pane";
        GatesPane "gates-pane" "gates" "show the gates and their findings";
        CoveragePane "coverage-pane" "coverage" "show the coverage, file by file";
        DiffPane "diff-pane" "diff" "show the promotion side by side";
        FactsPane "facts-pane" "facts" "show owner, tests, history and what blocks";
        SpeedPane "speed-pane" "speed" "show the benchmarks, one by one";
        SignOffPane "sign-off-pane" "sign-off" "show the decisions and what is missing";
        ImpactPane "impact-pane" "impact" "show who imports the module and what moving it rewrites";
        ModuleCheck "check" "run gates" "run the gates on this module";
        ModuleCancelCheck "cancel-check" "cancel" "cancel the running gates";
        ModulePropose "propose" "propose" "write why this module is to be promoted";
        ModuleSignOff "sign-off" "sign off" "review this module and sign";
        PullRequest "pull-request" "pull request" "read what a pull request of this module would send, and open it";
        ModuleCanary "canary" "canary" "show how this module stands once it is merged";
        ModulePromote "promote" "promote" "read what promoting this module would do, and do it";
        Enter "enter" "go in" "go into the list, or open what is selected";
        FocusLeft "focus-left" "gates" "go back to the list of gates, fold the file, or go left in what tools wrote";
        FocusRight "focus-right" "findings" "go to the findings of the selected gate, unfold the file, or go right in what tools wrote";
        NextGate "next-gate" "next gate" "select the next gate";
        PreviousGate "previous-gate" "previous gate" "select the previous gate";
        NextUncovered "next-uncovered" "next uncovered" "go to the next line that never ran";
        PreviousUncovered "previous-uncovered" "previous uncovered" "go to the previous line that never ran";
        Edit "edit" "edit" "open the selected place in your editor";
        RawOutput "raw-output" "raw output" "show what the tools wrote, and the exact commands";
    }
    Diff {
        Viewed "viewed" "viewed" "mark the file as viewed, fold it, and go to the next one; again takes the mark back";
        NextChange "next-change" "next change" "go to the next change";
        PreviousChange "previous-change" "previous change" "go to the previous change";
        NextFile "next-file" "next file" "go to the next file";
        PreviousFile "previous-file" "previous file" "go to the previous file";
        NextMark "next-mark" "next mark" "go to the next finding or uncovered line";
        PreviousMark "previous-mark" "previous mark" "go to the previous finding or uncovered line";
        NextFinding "next-finding" "next finding" "go to the next finding";
        PreviousFinding "previous-finding" "previous finding" "go to the previous finding";
        DiffNextUncovered "next-uncovered" "next uncovered" "go to the next line that never ran";
        DiffPreviousUncovered "previous-uncovered" "previous uncovered" "go to the previous line that never ran";
        Comment "comment" "comment" "write a comment to yourself on the line under the cursor, or change it";
        DropComment "delete-comment" "delete comment" "delete your comment on the line under the cursor";
        NextComment "next-comment" "next comment" "go to your next comment";
        PreviousComment "previous-comment" "previous comment" "go to your previous comment";
        Comments "comments" "comments" "list your comments, and go to one";
        OtherEnd "other-end" "moved" "go to where a moved line came from, or went to";
        DiffToggleFold "toggle-fold" "fold" "fold or unfold what is under the cursor";
        DiffUnfoldAll "unfold-all" "unfold all" "show every line of every file";
        DiffFoldAll "fold-all" "fold all" "show the changes only";
        Search "search" "search" "search in the diff";
        NextMatch "next-match" "next match" "go to the next match";
        PreviousMatch "previous-match" "previous match" "go to the previous match";
        ScrollLeft "scroll-left" "left" "scroll to the left";
        ScrollRight "scroll-right" "right" "scroll to the right";
        Layout "layout" "layout" "side by side, or one column";
        IgnoreSpace "ignore-whitespace" "white space" "ignore changes of white space only, or show them; those of indentation stay marked";
        Wrap "wrap" "wrap" "wrap long lines, or scroll them sideways";
        Against "against" "against" "compare with the base, or with each target lane";
        DiffEdit "edit" "edit" "open the line under the cursor in your editor";
    }
    Review {
        Yes "yes" "yes" "answer with yes: it holds";
        Concern "concern" "concern" "answer with a concern, and write which";
        NotApplicable "not-applicable" "n/a" "answer that it does not apply, and write why";
        ClearAnswer "clear-answer" "clear" "take the answer back";
        NextOpen "next-open" "next open" "go to the next question without an answer";
        WriteNote "write-note" "note" "write the note of the answer";
        EditNote "edit-note" "note in editor" "write the note in your editor";
        OpenGate "open-gate" "see gate" "go to the gate, its findings and what its tools wrote";
        ReviewDiff "diff" "diff" "see the promotion side by side";
        ReviewNextGate "next-gate" "next gate" "select the next gate of the evidence";
        ReviewPreviousGate "previous-gate" "previous gate" "select the previous gate of the evidence";
        ChooseRole "role" "role" "review in another of your roles";
        Presented "full-text" "full text" "show everything that is signed as shown";
        Sign "sign" "sign" "go to the last step: choose a decision and sign it";
        Withdraw "withdraw" "withdraw" "take your standing decision back";
    }
    Sign {
        Approve "approve" "approve" "choose to approve";
        Reject "reject" "reject" "choose to reject, and to request changes";
        SignNote "write-note" "note" "write a note on the whole decision";
        SignNow "sign-now" "sign" "sign what is chosen; ssh-keygen asks for what the key needs";
    }
    Wizard {
        Answer "answer" "answer" "answer what is selected, or go on";
        AnswerEditor "editor" "in editor" "answer it in your editor";
        AnswerYes "yes" "yes" "say yes";
        AnswerNo "no" "no" "say no";
        NextChoice "next-choice" "choose" "choose the next word";
        PreviousChoice "previous-choice" "choose" "choose the word before";
        AcceptSuggestion "accept" "accept" "take what is suggested";
        TakeBack "take-back" "take back" "take the answer back: facts fill it in again";
        NextMissing "next-missing" "next open" "go to the next field that is open";
        PreviousMissing "previous-missing" "previous open" "go to the field before that is open";
        Documents "documents" "text" "read the documents as they are now";
        ShowCommit "commit" "commit" "read the commit, and write the branch";
        GoOn "go-on" "go on" "go on with a branch that is there already";
        Record "record" "record" "record the proposal in the audit log, signed by its owner";
        WizardPullRequest "pull-request" "pull request" "once the branch is written: read what a pull request would send, and open it";
    }
    Errand {
        Confirm "confirm" "do it" "do what was read: nothing is done before";
        ErrandCancel "cancel" "cancel" "cancel the promotion while its gates run: nothing is changed";
        ErrandRecord "record" "record" "record in the audit log what was promoted, signed";
        ErrandPullRequest "pull-request" "pull request" "once it is promoted: read what its pull request would send, and open it";
        ErrandLink "link" "link" "tell a link along with the pull request: a report, say";
    }
    Note {
        NoteDone "done" "done" "keep the note";
        NoteDrop "drop" "drop" "drop what was changed";
        NoteEditor "editor" "editor" "go on in your editor";
        NoteNewLine "new-line" "new line" "begin a new line";
        NoteUp "cursor-up" "up" "move the cursor up";
        NoteDown "cursor-down" "down" "move the cursor down";
        NoteLeft "cursor-left" "left" "move the cursor left";
        NoteRight "cursor-right" "right" "move the cursor right";
        NoteStart "cursor-start" "start" "move the cursor to the start of the line";
        NoteEnd "cursor-end" "end" "move the cursor to the end of the line";
        NoteBack "delete-back" "delete" "delete the character before the cursor";
        NoteDelete "delete-forward" "delete" "delete the character under the cursor";
        NoteWord "delete-word" "delete word" "delete the word before the cursor";
    }
    Audit {
        OpenEntry "open" "open" "open the entry: what was signed, byte by byte";
        AuditFilter "filter" "filter" "filter the entries as you type";
        AuditShow "status-filter" "show" "show all entries, or those that are not verified";
        NextWrong "next-wrong" "next wrong" "go to the next older entry that is not verified";
        PreviousWrong "previous-wrong" "previous wrong" "go to the next newer entry that is not verified";
        OlderEntry "older" "older" "go to the entry before this one";
        NewerEntry "newer" "newer" "go to the entry after this one";
    }
    Canary {
        OpenWatch "open" "open" "open the promotion: its signals, and how they went";
        ReadAgain "read-again" "read again" "fetch the audit log and the base branch, and read how things stand";
        LookNow "look" "look now" "ask the metrics once, now; nothing follows from it";
        CancelLook "cancel-look" "cancel" "give up asking the metrics";
        NextWatch "next" "next" "go to the next promotion";
        PreviousWatch "previous" "previous" "go to the promotion before";
        PauseWatch "pause" "pause" "have the watch wait: nothing is taken back meanwhile";
        ResumeWatch "resume" "resume" "let the watch go on";
        AcknowledgeWatch "acknowledge" "acknowledge" "say that its verdict was seen";
        RollBackWatch "roll-back" "roll back" "read what taking the promotion back would do, and do it";
    }
    Order {
        OrderConfirm "confirm" "do it" "sign what was read: nothing is said before";
        OrderReason "reason" "why" "write why: others want to know";
        OrderLonger "longer" "longer" "have it wait longer";
        OrderShorter "shorter" "shorter" "have it wait less long";
    }
    Prompt {
        Accept "accept" "keep" "keep what was typed";
        Cancel "cancel" "drop" "drop what was typed";
        DeleteBack "delete-back" "delete" "delete the character before the cursor";
        DeleteWord "delete-word" "delete word" "delete the word before the cursor";
        DeleteAll "delete-all" "clear" "delete everything";
        CursorLeft "cursor-left" "left" "move the cursor left";
        CursorRight "cursor-right" "right" "move the cursor right";
        CursorStart "cursor-start" "start" "move the cursor to the start";
        CursorEnd "cursor-end" "end" "move the cursor to the end";
        SelectUp "select-up" "up" "move the selection up";
        SelectDown "select-down" "down" "move the selection down";
    }
    Global {
        Up "up" "up" "move up";
        Down "down" "down" "move down";
        HalfPageUp "half-page-up" "up" "move half a page up";
        HalfPageDown "half-page-down" "down" "move half a page down";
        PageUp "page-up" "up" "move a page up";
        PageDown "page-down" "down" "move a page down";
        Top "top" "top" "go to the first line";
        Bottom "bottom" "bottom" "go to the last line";
        Back "back" "back" "close this, clear the filter, or go back";
        Help "help" "help" "show the keys";
        Palette "palette" "commands" "find what can be done here, by a few letters of it";
        Messages "messages" "messages" "show the messages so far";
        Branches "branches" "branch" "look at another branch: that of a promotion or of a fix, or what was opened";
        ShowPromotion "promotion" "promotion" "show the promotion that goes on while you are elsewhere";
        Copy "copy" "copy" "copy what is selected: a path, a place, a command";
        GrowPane "grow-pane" "wider" "make the first of two panes larger";
        ShrinkPane "shrink-pane" "narrower" "make the first of two panes smaller";
        EvenPanes "even-panes" "even" "give the panes their usual sizes again";
        Reload "reload" "reload" "read the repository's modules, facts and gate states again";
        Redraw "redraw" "redraw" "draw the whole screen again";
        Suspend "suspend" "suspend" "go back to the shell until `fg`";
        Quit "quit" "quit" "leave Countersign";
    }
}

impl Action {
    /// The action of that name in that section.
    pub fn named(context: Context, name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|a| a.context() == context && a.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_within_their_section() {
        for action in Action::ALL {
            assert_eq!(
                Action::named(action.context(), action.name()),
                Some(*action)
            );
        }
    }
}
