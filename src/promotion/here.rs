//! What a person said of where to look, once more in every command that is told to them:
//! pasted without it, that would look somewhere else.

use super::text;

/// What commands begin with, in words.
const NAME: &str = "countersign ";

/// How long the names of commands are that words begin with, and which of our options the
/// last of them takes. The command line knows.
pub type Takes = fn(&str) -> (usize, Vec<&'static str>);

/// The options of a command line that others take as well.
#[derive(Clone, Debug)]
pub struct Here {
    /// `-C`
    pub repo: Option<String>,
    /// `--rev`
    pub rev: Option<String>,
    /// Who takes which.
    pub takes: Takes,
}

impl Default for Here {
    fn default() -> Self {
        Self {
            repo: None,
            rev: None,
            takes: |_| (0, Vec::new()),
        }
    }
}

impl Here {
    /// The same, where a branch is looked at instead, as git finds it.
    pub fn on(&self, branch: Option<&str>) -> Self {
        let mut here = self.clone();
        if let Some(branch) = branch {
            let heads = ["refs/heads/", "refs/remotes/"];
            let short = heads.iter().find_map(|it| branch.strip_prefix(it));
            here.rev = Some(short.unwrap_or(branch).to_owned());
        }
        here
    }

    /// How git is called there.
    pub fn git(&self) -> String {
        match &self.repo {
            Some(repo) => format!("git -C {}", text::shell_word(repo)),
            None => "git".to_owned(),
        }
    }

    /// A command of a shell, as it is to be typed here.
    pub fn command(&self, line: &str) -> String {
        match line.strip_prefix("git ") {
            Some(rest) => format!("{} {rest}", self.git()),
            None => self.words(line),
        }
    }

    /// Words with commands in them, each as it is to be typed here.
    pub fn words(&self, words: &str) -> String {
        let mut told = String::with_capacity(words.len());
        let mut rest = words;
        while (self.repo.is_some() || self.rev.is_some())
            && let Some((before, command)) = rest.split_once(NAME)
        {
            let (path, takes) = (self.takes)(command);
            let (path, behind) = command.split_at(path);
            let mine = behind.split(NAME).next().unwrap_or_default();
            let mine = mine.split(['`', '\n']).next().unwrap_or_default();
            told.extend([before, NAME, path]);
            for (flag, value) in [("-C", &self.repo), ("--rev", &self.rev)] {
                if let Some(value) = value
                    && takes.contains(&flag)
                    && !mine.split(' ').any(|word| word == flag)
                {
                    told.extend([" ", flag, " ", &text::shell_word(value)]);
                }
            }
            rest = behind;
        }
        told.push_str(rest);
        told
    }
}
