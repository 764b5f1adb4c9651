//! `import`: takes over the users, roles and keys of a live better-auth or NocoBase from its SQLite file. Says row by
//! row what would happen, and does it with --apply. The file is only read; the rules are those of the `keys` room.

mod data;
mod place;
mod progress;
mod shown;
mod spool;
mod tokens;

use std::{collections::HashMap, path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use domain::{access::Op, decision::Allowed, secret::Secret, user::User};
use door_better_auth::import::{ImportSettings, Storage};
use door_nocobase::import::{Here, Person, SOURCE, TokenSecret, Tokens, opens_any};
use guard::{Call, Credential, PlaceName, profile::NATIVE};
use keys::{
    Foreign, ForeignNames, PageRequest, UserQuery,
    import::{ImportOptions, foreign_id},
};

use crate::{
    cli::Global,
    config::Config,
    error::Failure,
    house::{House, RootKey},
    key_files, output,
};
use shown::Whole;
use spool::Spool;

/// So many rows take long enough to say so.
const MANY_ROWS: usize = 10_000;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  keyward import --from better-auth auth.db                     say what would happen
  keyward import --from better-auth auth.db --apply             do it; again is no harm
  keyward import --from nocobase db.sqlite --app-key-file key   check tokens with the installation's APP_KEY
  keyward import --from nocobase db.sqlite --role admin=admin --apply --json > report.json

Works on the data folder while no server runs on it (without --apply, on a copy). Nothing that is here is changed; a
row that does not come says why. Keys keep working as they are, passwords too; what is deleted or expired stays so. More: docs/import.md")]
pub struct ImportArgs {
    /// What wrote the file
    #[arg(long, value_enum)]
    from: Source,
    /// The SQLite file; it is only read
    file: PathBuf,
    /// Do it; without this, nothing is written
    #[arg(long)]
    apply: bool,
    /// NocoBase: the installation's APP_KEY; better in a file, or as KEYWARD_APP_KEY, which this server needs too
    #[arg(long, value_name = "KEY", conflicts_with_all = ["app_key_file", "jwt_secret_file"])]
    app_key: Option<String>,
    /// NocoBase: file that holds the APP_KEY
    #[arg(long, value_name = "FILE", conflicts_with = "jwt_secret_file")]
    app_key_file: Option<PathBuf>,
    /// NocoBase: its storage/apps/main/jwt_secret.dat, if it has one
    #[arg(long, value_name = "FILE")]
    jwt_secret_file: Option<PathBuf>,
    /// NocoBase: say what would become of these tokens, one a line
    #[arg(long, value_name = "FILE")]
    check_tokens: Option<PathBuf>,
    /// A role there stands for a role here, on your word: THERE=HERE
    #[arg(long, value_name = "THERE=HERE", value_parser = pair)]
    role: Vec<(String, String)>,
    /// Users whose email or username is taken here are the users here
    #[arg(long)]
    link_users: bool,
    /// NocoBase: leave collections and their records out
    #[arg(long)]
    without_data: bool,
    /// better-auth: the installation runs with disableKeyHashing
    #[arg(long)]
    plain_keys: bool,
    /// better-auth: a dump of its secondary storage, if it has one: a JSON object of names and values
    #[arg(long, value_name = "FILE")]
    secondary_storage: Option<PathBuf>,
    /// What stands before every table name in the file
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    table_prefix: String,
    /// What a table or column is called in the file: apikey=api_keys, apikey.key=hash
    #[arg(long, value_name = "NAME=THERE", value_parser = pair)]
    rename: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Source {
    BetterAuth,
    Nocobase,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() || value.is_empty() {
        return Err("write NAME=VALUE".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

pub async fn run(global: &Global, args: &ImportArgs) -> Result<ExitCode, Failure> {
    let mut config = Config::read(&super::settings(global)?)?;
    crate::logging::start(&crate::config::Log { level: "warn".to_owned(), json: config.log.json });
    let names =
        ForeignNames { prefix: args.table_prefix.clone(), renamed: args.rename.iter().cloned().collect() };
    let foreign = Foreign::open(&args.file, names).map_err(|error| Failure::usage(error.to_string()))?;
    check_file(args.from, &foreign)?;
    foreign.sound().map_err(|error| {
        Failure::usage(format!("{} is damaged: {error}", args.file.display()))
            .help("copy it once more, or repair it")
    })?;
    hint_of_secret(args);
    let settings = ImportSettings { plain_keys: args.plain_keys, storage: storage(args)? };
    place::no_server_runs(&config.server.data).or_else(|busy| if args.apply { Err(busy) } else { Ok(()) })?;
    let own_folder = config.server.data.clone();
    let adopted = secrets(args, &foreign, &mut config)?;
    let scratch = if args.apply { None } else { Some(place::copied(&mut config)?) };
    let base_url = config.server.url(config.server.listen);
    let (house, root) = House::open(&config, RootKey::Ephemeral, &base_url).await?;
    if let (Some(key), true) = (&adopted, args.apply) {
        key_files::adopt_app_key(&own_folder, key)?;
        output::complain("note: this server had no app key yet; from now on it is the one given (app.key)");
    }
    let whole = Work { house: &house, config: &config, args, foreign: &foreign, settings }.run(root).await;
    let closed = house.close().await;
    drop(scratch);
    let whole = whole?;
    closed?;
    shown::show(global, whole, args.apply)?;
    Ok(ExitCode::SUCCESS)
}

fn check_file(from: Source, foreign: &Foreign) -> Result<(), Failure> {
    let (name, needed) = match from {
        Source::BetterAuth => ("better-auth", ["apikey", "user"]),
        Source::Nocobase => ("NocoBase", ["apiKeys", "users"]),
    };
    if needed.iter().any(|table| foreign.has(table)) {
        return Ok(());
    }
    let has = foreign.tables().iter().take(20).cloned().collect::<Vec<_>>().join(", ");
    let message = format!("that is no database of {name}: it has no table {}", needed.join(" and no table "));
    Err(Failure::usage(message)
        .help(format!("it has: {has}; --rename and --table-prefix say what is called what")))
}

/// Newer releases keep the secret of tokens in a file; where it is left lying, APP_KEY opens nothing.
fn hint_of_secret(args: &ImportArgs) {
    let storage = args.file.parent().and_then(std::path::Path::parent);
    let Some(secret) = storage.map(|folder| folder.join("apps/main/jwt_secret.dat")) else { return };
    if args.from == Source::Nocobase && args.jwt_secret_file.is_none() && secret.exists() {
        output::complain(&format!(
            "note: {} is there, so tokens are signed with it: --jwt-secret-file",
            secret.display()
        ));
    }
}

/// The key of the installation becomes this server's when it has none yet: so tokens it reads stay readable. Answers
/// that key.
fn secrets(args: &ImportArgs, foreign: &Foreign, config: &mut Config) -> Result<Option<Secret>, Failure> {
    let Some(given) = app_key(args)? else { return Ok(None) };
    let has_own =
        config.secrets.app_key.is_some() || config.server.data.join(key_files::APP_KEY_FILE).exists();
    if has_own {
        return Ok(None);
    }
    fit_to_adopt(foreign, &TokenSecret::AppKey(given.clone()))?;
    config.secrets.app_key = Some(given.clone());
    Ok(Some(given))
}

/// What this server is to sign with from now on must be a secret, and the right one.
fn fit_to_adopt(foreign: &Foreign, key: &TokenSecret) -> Result<(), Failure> {
    let help = "newer releases sign with storage/apps/main/jwt_secret.dat: --jwt-secret-file; without any of them, \
                people and collections come, and keys do not";
    if key.is_public() {
        let message =
            "NocoBase is delivered with this APP_KEY, so everybody knows it: it cannot be this server's";
        return Err(Failure::usage(message).help(help));
    }
    if opens_any(foreign, key).map_err(unreadable)? == Some(false) {
        let message =
            "no key in the file is signed with this APP_KEY, and this server would keep it; nothing was done";
        return Err(Failure::usage(message).help(help));
    }
    Ok(())
}

/// What a better-auth keeps beside its database.
fn storage(args: &ImportArgs) -> Result<Storage, Failure> {
    let Some(path) = &args.secondary_storage else { return Ok(Storage::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display())))?;
    Storage::parse(&text).map_err(|why| Failure::usage(format!("{} {why}", path.display())))
}

fn app_key(args: &ImportArgs) -> Result<Option<Secret>, Failure> {
    match (&args.app_key, &args.app_key_file) {
        (Some(key), _) => Ok(Some(Secret::new(key))),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display())))?;
            Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
        }
        (None, None) => Ok(None),
    }
}

struct Work<'a> {
    house: &'a House,
    config: &'a Config,
    args: &'a ImportArgs,
    foreign: &'a Foreign,
    settings: ImportSettings,
}

impl Work<'_> {
    async fn run(&self, root: Option<Secret>) -> Result<Whole, Failure> {
        let root = root.ok_or_else(|| Failure::new("there is no operator's key"))?;
        let made = match self.args.from {
            Source::Nocobase if !self.args.without_data => Some(self.make_collections(&root).await?),
            _ => None,
        };
        let allowed = self.allowed(&root, Op::Settings, PlaceName::Server).await?;
        let options = ImportOptions {
            // A dry run applies to a copy.
            apply: true,
            link_users: self.args.link_users,
            roles: self.args.role.iter().cloned().collect::<HashMap<_, _>>(),
        };
        let import = match self.args.from {
            Source::BetterAuth => self.better_auth()?,
            Source::Nocobase => self.nocobase(&root).await?,
        };
        if import.items.len() >= MANY_ROWS {
            output::complain(&format!("users, roles and keys: {} rows", import.items.len()));
        }
        let report = self.house.keys.import(&allowed, import, &options).await;
        let mut whole = Whole {
            report: report.map_err(|e| Failure::new(e.to_string()))?,
            records: Vec::new(),
            refused: Spool::new()?,
        };
        if let Some(made) = made {
            whole.records = self.fill_collections(made, &root, &mut whole.report, &mut whole.refused).await?;
        }
        whole.report.lines.extend(self.checked_tokens()?);
        Ok(whole)
    }

    /// Everybody here, by and by.
    async fn each_user(&self, root: &Secret, each: &mut dyn FnMut(&User)) -> Result<(), Failure> {
        let allowed = self.allowed(root, Op::UserManage, PlaceName::Server).await?;
        let mut page = PageRequest { limit: u64::MAX, ..PageRequest::default() };
        loop {
            let query = UserQuery { page: page.clone(), ..UserQuery::default() };
            let found = self.house.keys.users(&allowed, query).await;
            let found = found.map_err(|e| Failure::new(e.to_string()))?;
            found.items.iter().for_each(&mut *each);
            match found.next {
                Some(next) => page.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn allowed(&self, root: &Secret, op: Op, place: PlaceName<'_>) -> Result<Allowed, Failure> {
        let call = Call::new(op, place);
        let checked = self.house.guard.check(&NATIVE, &Credential::Key(root.clone()), None, &call).await;
        checked.map_err(|denied| Failure::new(format!("the guard refused the import: {:?}", denied.reason)))
    }

    fn better_auth(&self) -> Result<keys::import::Import, Failure> {
        let ours = &self.config.better_auth.configurations;
        door_better_auth::import::import(self.foreign, &self.settings, ours).map_err(unreadable)
    }

    async fn nocobase(&self, root: &Secret) -> Result<keys::import::Import, Failure> {
        let mut people = Vec::new();
        self.each_user(root, &mut |user| {
            let from = foreign_id(user.extra.as_deref(), SOURCE).map(|id| (id, user.created_at));
            people.push(Person { num: user.num, root: user.root, from });
        })
        .await?;
        let catalog = self.house.guard.catalog();
        let here = Here { catalog: &catalog, people: &people };
        let (ours, theirs) = self.token_secrets()?;
        let tokens = Tokens { theirs: &theirs, ours: &ours };
        door_nocobase::import::import(self.foreign, &tokens, &here).map_err(unreadable)
    }

    /// What this server reads, and what the installation signed with: the same, where nothing is said.
    fn token_secrets(&self) -> Result<(Vec<TokenSecret>, TokenSecret), Failure> {
        let material =
            key_files::load(&self.config.secrets, &self.config.server.data, &crate::system::SystemEntropy)?;
        let own = TokenSecret::AppKey(material.app_key);
        let mut ours = vec![own.clone()];
        ours.extend(material.jwt_secret.map(|bytes| TokenSecret::File(bytes.to_vec())));
        // As the product does: a file goes before the key.
        let own = ours.last().cloned().unwrap_or(own);
        let theirs = match (&self.args.jwt_secret_file, app_key(self.args)?) {
            (Some(path), _) => TokenSecret::File(
                std::fs::read(path)
                    .map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display())))?,
            ),
            (None, Some(key)) => TokenSecret::AppKey(key),
            (None, None) => own,
        };
        Ok((ours, theirs))
    }
}

fn unreadable(error: keys::StoreError) -> Failure {
    Failure::new(format!("the file cannot be read: {error}"))
}
