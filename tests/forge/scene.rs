//! A repository at the forge, and people.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::forge::statuses::{Status, StatusState};
use countersign::forge::{Api, Place};
use countersign::promotion::pull_request::{Body, Line};
use countersign::promotion::{Criterion, GateStatus, ObjectId};
use countersign::workflow::Workspace;
use countersign::workflow::pull_request::{Content, Forge, Known, Pace, Token};

use crate::fake::{Fake, OWNER, REPO, git, spec::Spec};

pub const BRANCH: &str = "promote/fees-20260102";
/// What a remote says; git pushes elsewhere all the same, see [`Scene::new`].
pub const ADDRESS: &str = "https://git.acme.example/acme/lantern.git";

pub struct Scene {
    pub fake: Fake,
    pub dir: tempfile::TempDir,
    /// What was waited for.
    pub waits: Arc<Mutex<Vec<Duration>>>,
}

impl Scene {
    /// A clone with a branch that nobody pushed yet.
    pub fn new() -> Self {
        let scene = Self {
            fake: Fake::new(),
            dir: tempfile::tempdir().unwrap(),
            waits: Arc::default(),
        };
        let root = scene.root();
        std::fs::create_dir_all(root.join("candidate/fees")).unwrap();
        git(&root, &["init", "-q", "-b", "main"]);
        scene.commit("RATE = 1\n");
        origin(&root, &scene.fake);
        git(&root, &["push", "-q", "origin", "main"]);
        git(&root, &["switch", "-q", "-c", BRANCH]);
        scene.commit("RATE = 2\n");
        scene
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    pub fn commit(&self, text: &str) {
        std::fs::write(self.root().join("candidate/fees/__init__.py"), text).unwrap();
        git(&self.root(), &["add", "-A"]);
        git(&self.root(), &["commit", "-q", "-m", "change"]);
    }

    pub fn ws(&self) -> Workspace {
        Workspace::open_caching(&self.root(), None, None).unwrap()
    }

    pub fn known(&self) -> Known {
        known(&self.fake)
    }

    pub fn forge(&self, who: &str) -> Forge {
        forge(
            &self.fake,
            who,
            self.dir.path().join("intents"),
            &self.waits,
        )
    }

    pub fn waited(&self) -> Vec<u64> {
        self.waits
            .lock()
            .unwrap()
            .iter()
            .map(Duration::as_secs)
            .collect()
    }

    /// What a pull request says, of no evidence at all.
    pub fn content(&self) -> Content {
        let head = git(&self.root(), &["rev-parse", "HEAD"]);
        let head = ObjectId::from_hex(&head).unwrap();
        let status = |context: &str, state| Status {
            state,
            context: context.into(),
            description: Some("as it is".into()),
            target_url: None,
        };
        Content {
            module: "candidate/fees".into(),
            branch: BRANCH.into(),
            base: "main".into(),
            head,
            title: "Promote candidate/fees to core/fees".into(),
            body: Body {
                module: "candidate/fees".into(),
                to: "core/fees".into(),
                stage: "candidate".into(),
                commit: head,
                promoted: None,
                content: vec![],
                gate_report: None,
                owner: None,
                criteria: vec![Line {
                    criterion: Criterion::Tests,
                    status: GateStatus::NeverRun,
                    gates: vec![],
                }],
                reviewers: vec![],
                blockers: vec![],
                promote: None,
                nonce: String::new(),
            },
            form: Some("Our form\n".into()),
            statuses: vec![
                status("countersign/tests", StatusState::Pending),
                status("countersign/approvals", StatusState::Pending),
            ],
            reviewers: vec!["priya".into(), "jonas".into(), "olga".into()],
            links: vec![("report".into(), "https://ci.example/1".into())],
            notes: vec![],
        }
    }
}

/// Sets the remote: its address is that of a forge, and what is pushed goes to the bare
/// repository behind ours.
pub fn origin(root: &std::path::Path, fake: &Fake) {
    git(root, &["remote", "add", "origin", ADDRESS]);
    let rewrite = format!("url.{}.pushInsteadOf", fake.bare().display());
    git(root, &["config", &rewrite, ADDRESS]);
}

pub fn known(fake: &Fake) -> Known {
    let place = Place::of_url(ADDRESS).unwrap();
    assert_eq!((place.owner.as_str(), place.name.as_str()), (OWNER, REPO));
    Known {
        api: Api::of(&place, Some(&fake.api)).unwrap(),
        place,
        remote: "origin".into(),
    }
}

/// As somebody, with a clock that only counts.
pub fn forge(fake: &Fake, who: &str, intents: PathBuf, waits: &Arc<Mutex<Vec<Duration>>>) -> Forge {
    let waits = waits.clone();
    let pace = Pace {
        gap: Duration::ZERO,
        deadline: Duration::from_millis(700),
        sleep: Arc::new(move |time| waits.lock().unwrap().push(time)),
        ..Pace::default()
    };
    let token = Token::new(&format!("tok_{who}"));
    Forge::with(&known(fake), token, pace, intents).unwrap()
}

/// Holds all that passed against GitHub's own description, and says what nobody asked.
#[track_caller]
pub fn as_described(fake: &Fake) {
    for exchange in fake.passed() {
        assert!(
            !exchange.path.contains("merge") && exchange.method != "PUT",
            "nothing here merges: {exchange:?}"
        );
    }
    let Some(spec) = Spec::load() else { return };
    let wrong: Vec<String> = fake.passed().iter().flat_map(|it| spec.wrong(it)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
