//! Settings as a user makes them, and the mistakes they make with them.

use reqwest::Method;

use crate::program::{Folder, Server, http, json, keyward, run, text};

#[test]
fn an_unknown_setting_is_refused_naming_the_nearest_one() {
    let folder = Folder::new();
    folder.file("keyward.toml", "lisen = \"127.0.0.1:0\"\n");
    let output = run(&folder.data(), &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("lisen") && said.contains("did you mean listen?"), "{said}");

    let folder = Folder::new();
    let output =
        keyward(&folder.data()).env("KEYWARD_PEPPERFILE", "x").arg("doctor").output().expect("it runs");
    let said = text(&output.stdout);
    assert!(said.contains("did you mean KEYWARD_PEPPER_FILE?"), "{said}");
    assert!(!output.status.success());
}

#[test]
fn the_printed_configuration_is_a_valid_file_without_secrets() {
    let folder = Folder::new();
    let secret = "a-root-key-that-nobody-may-ever-see-printed";
    let output = keyward(&folder.data())
        .env("KEYWARD_ROOT_KEY", secret)
        .env("KEYWARD_TRUSTED_PROXIES", "10.0.0.0/8,::1")
        .args(["config", "print"])
        .output()
        .expect("it runs");
    let printed = text(&output.stdout);
    assert!(printed.contains("trusted_proxies = [\"10.0.0.0/8\", \"::1\"]"), "{printed}");
    assert!(!printed.contains(secret), "{printed}");
    let file = folder.file("printed.toml", &printed);
    let checked = json(&folder.data(), &["config", "check", file.to_str().expect("a path")]);
    assert_eq!(checked["valid"], true);
    assert!(!folder.data().exists(), "looking at the configuration starts nothing");
}

#[test]
fn every_setting_of_the_manual_can_be_given_as_a_variable() {
    let folder = Folder::new();
    let list = folder.file("better-auth.json", "[{\"configId\":\"default\"}]");
    let pepper = folder.file("pepper", &"p".repeat(40));
    let master = folder.file("master.key", &"0a".repeat(32));
    let path = |p: &std::path::PathBuf| p.to_str().expect("a path").to_owned();
    let output = keyward(&folder.data())
        .env("KEYWARD_LISTEN", "127.0.0.1:0")
        .env("KEYWARD_BASE_URL", "https://keys.example.com/")
        .env("KEYWARD_ADMIN_EMAIL", "me@example.com")
        .env("KEYWARD_ADMIN_PASSWORD", "long enough")
        .env("KEYWARD_ROOT_KEY", "r".repeat(32))
        .env("KEYWARD_APP_KEY", "short")
        .env("KEYWARD_MASTER_KEY_FILE", path(&master))
        .env("KEYWARD_PEPPER_FILE", path(&pepper))
        .env("KEYWARD_TRUSTED_PROXIES", "10.0.0.1")
        .env("KEYWARD_SIGNUP", "open")
        .env("KEYWARD_IP_RATE_LIMIT", "off")
        .env("KEYWARD_WEBHOOK_PRIVATE", "allow")
        .env("KEYWARD_BETTER_AUTH_CONFIGS", path(&list))
        .env("KEYWARD_NOCOBASE_COOKIES", "on")
        .env("KEYWARD_MAIL_HOST", "smtp.example.com")
        .env("KEYWARD_MAIL_USER", "keyward")
        .env("KEYWARD_MAIL_PASSWORD", "secret")
        .env("KEYWARD_MAIL_FROM", "Keyward <keys@example.com>")
        .env("KEYWARD_MAIL_LINK_URL", "https://app.example.com")
        .args(["config", "check"])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_configuration_file_that_was_named_must_exist() {
    let folder = Folder::new();
    let output = run(&folder.data(), &["--config", "absent.toml", "serve"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("absent.toml"));
}

#[test]
fn pages_may_call_every_door_without_cookies_unless_the_operator_names_them_or_shuts_them_out() {
    let folder = Folder::new();
    for (origins, page, allowed, cookies) in [
        (None, "null", true, false),
        (Some("https://app.example"), "https://app.example", true, true),
        (Some("https://app.example"), "https://page.example", false, false),
        (Some("*,https://app.example"), "https://page.example", true, false),
        (Some("*,https://app.example"), "https://app.example", true, true),
        (Some("none"), "https://page.example", false, false),
    ] {
        let variables: Vec<_> = origins.iter().map(|list| ("KEYWARD_CORS_ORIGINS", *list)).collect();
        let server = Server::start_with(&folder.data(), &variables);
        for path in ["/v1/me", "/api/todos:list", "/api/auth/get-session"] {
            let ask = |method| {
                let url = format!("{}{path}", server.url);
                let asked = http().request(method, url).header("origin", page);
                asked.header("access-control-request-method", "GET").send().expect("an answer")
            };
            for answer in [ask(Method::OPTIONS), ask(Method::GET)] {
                let said = |name| answer.headers().get(name).map(|value| value.to_str().expect("text"));
                assert_eq!(
                    said("access-control-allow-origin"),
                    allowed.then_some(page),
                    "{origins:?} {path}"
                );
                assert_eq!(said("access-control-allow-credentials").is_some(), cookies, "{origins:?} {path}");
            }
        }
    }
}
