//! The forge, served for a person who tries the program by hand:
//!
//! ```sh
//! cargo test --test forge by_hand -- --ignored --nocapture
//! ```

use crate::fake::Fake;
use crate::scene::ADDRESS;

#[test]
#[ignore = "serves until its standard input ends"]
fn a_forge_to_try_by_hand() {
    let fake = Fake::new();
    let bare = fake.bare();
    let bare = bare.display();
    println!(
        "In the repository, and with this in its countersign.toml on the base branch:\n\n\
         [forge]\nkind = \"github\"\napi = {:?}\n\n\
         git remote add origin {ADDRESS}\n\
         git config url.{bare}.pushInsteadOf {ADDRESS}\n\
         git push {bare} main\n\
         GH_HOST={} GH_ENTERPRISE_TOKEN=tok_olga countersign\n\n\
         Ends with its standard input (Ctrl-D). Then it says what passed.",
        fake.api, fake.host
    );
    let _ = std::io::read_to_string(std::io::stdin());
    for it in fake.passed() {
        println!("{} {} {}", it.method, it.path, it.status);
    }
}
