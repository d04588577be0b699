//! The ledger in one SQLite file: for one process, and for jobs that keep nothing.
//!
//! The statements hold to what PostgreSQL understands too; only opening is SQLite's own.
//!
//! Writes do not wait for the disk. A killed process loses nothing; a power failure may lose the last events, and the
//! next poll finds what they reported.

mod deliveries;
mod json;

use std::fmt::Display;
use std::fs::{File, Permissions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, SqliteConnection};

use super::{
    Acceptance, Delivery, DeliveryId, DeliveryOutcome, DeliverySubject, IndexedLog, Ledger, LedgerError,
    ListingFailure, StoredListing,
};
use crate::model::{CommitId, ConfigBranch, Description, Digest, ForgeName, ImageName, Tag, Time, Validator};
use json::json;

/// The tables and how they came about.
static MIGRATIONS: Migrator = sqlx::migrate!("src/ledger/migrations");
/// Marks a SQLite file as Towpath's: "towp" in ASCII.
const APPLICATION_ID: i64 = 0x746f_7770;
/// What to do with a ledger that is broken.
const WAY_OUT: &str = "if it stays so, delete it: it is rebuilt from Git and the forge";
/// The permissions of its files: the owner may read and write.
const OWNER_ALONE: u32 = 0o600;
/// The permissions of everybody else.
const OTHERS: u32 = 0o077;
/// How long one process waits while another writes.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// SQLite's code for a file that another process has locked, in the lowest byte.
const SQLITE_BUSY: i64 = 5;
/// How often, and how far apart, a new file is tried that another process has locked.
const SHARINGS_MAX: usize = 200;
const SHARING_PAUSE: Duration = Duration::from_millis(20);
/// Connections to one file: one writes, others read meanwhile.
const CONNECTIONS_MAX: u32 = 4;

/// A ledger in a SQLite file.
///
/// Survives the death of the process at any instant. A power cut may lose the last writes, which are read again.
#[derive(Clone, Debug)]
pub struct SqliteLedger {
    pool: SqlitePool,
    name: String,
    forgetting: Arc<deliveries::RetentionCheck>,
}

impl SqliteLedger {
    /// Opens the ledger in this file, or creates it; its folder must exist.
    ///
    /// # Errors
    /// Where the file is no ledger or broken, comes from a newer version, or cannot be read and written.
    pub async fn open(path: &Path) -> Result<Self, LedgerError> {
        let name = path.display().to_string();
        if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            return Err(LedgerError { ledger: name, why: "its folder does not exist; create it".to_owned() });
        }
        private_file(path).map_err(|why| LedgerError { ledger: name.clone(), why })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_WAIT);
        let mut connection =
            SqliteConnection::connect_with(&options).await.map_err(|error| failed(&name, words(&error)))?;
        prepare(&mut connection, &name).await?;
        let pool = share(options).await.map_err(|error| failed(&name, words(&error)))?;
        Ok(Self { pool, name, forgetting: Arc::default() })
    }

    /// A ledger that is gone with its last handle.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub async fn in_memory() -> Result<Self, LedgerError> {
        let name = "memory".to_owned();
        let failed = |error: sqlx::Error| failed(&name, words(&error));
        // Each connection would have a memory of its own, so there is one, and it never closes.
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_with(SqliteConnectOptions::new().in_memory(true)).await.map_err(failed)?;
        prepare(&mut *pool.acquire().await.map_err(failed)?, &name).await?;
        Ok(Self { pool, name, forgetting: Arc::default() })
    }

    async fn ask<T>(&self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, LedgerError> {
        answer.await.map_err(|error| self.failed(words(&error)))
    }

    fn failed(&self, why: impl Display) -> LedgerError {
        failed(&self.name, why)
    }

    /// Concludes a delivery that cannot be understood: it keeps no other from its outcome, and is not met again.
    async fn give_up(&self, row: &deliveries::Row, why: &LedgerError) -> Result<(), LedgerError> {
        tracing::error!(row.source, row.id, "an event cannot be understood: {why}");
        let (outcome, at) = (DeliveryOutcome::Unreadable, self.time(row.received_at)?);
        let concluded = deliveries::conclude(&self.pool, &row.source, &row.id, row.received_at, outcome, at);
        self.ask(concluded).await
    }

    fn delivery(&self, row: &deliveries::Row) -> Result<Delivery, LedgerError> {
        let id = row.id.clone();
        let id = if row.is_given == 1 { DeliveryId::Given(id) } else { DeliveryId::OfContent(id) };
        let subject = match &row.forge {
            None => DeliverySubject::Images(self.read(&row.images)?),
            Some(forge) => {
                let forge = ForgeName::new(forge).map_err(|error| self.failed(error))?;
                DeliverySubject::Repositories(
                    forge,
                    self.read(row.repositories.as_deref().unwrap_or_default())?,
                )
            }
        };
        Ok(Delivery { source: row.source.clone(), id, received_at: self.time(row.received_at)?, subject })
    }

    fn read<T: serde::de::DeserializeOwned>(&self, text: &str) -> Result<T, LedgerError> {
        serde_json::from_str(text).map_err(|error| self.failed(error))
    }

    fn time(&self, microseconds: i64) -> Result<Time, LedgerError> {
        DateTime::from_timestamp_micros(microseconds)
            .ok_or_else(|| self.failed(format!("it holds `{microseconds}`, which is not a time")))
    }
}

impl Ledger for SqliteLedger {
    async fn log(&self, place: &ConfigBranch) -> Result<IndexedLog, LedgerError> {
        // One statement, so that tip and lines are of the same instant.
        let query = "SELECT logs.tip, log_parts.lines FROM logs \
                     LEFT JOIN log_parts ON log_parts.place = logs.place \
                     WHERE logs.place = $1 ORDER BY log_parts.number";
        let query = sqlx::query_as::<_, (String, Option<String>)>(query).bind(place.to_string());
        let mut log = IndexedLog::default();
        for (tip, part) in self.ask(query.fetch_all(&self.pool)).await? {
            log.tip = Some(CommitId::new(tip).map_err(|error| self.failed(error))?);
            let part = part.as_deref().unwrap_or("[]");
            let lines: Vec<String> = serde_json::from_str(part).map_err(|error| self.failed(error))?;
            log.lines.extend(lines);
        }
        Ok(log)
    }

    async fn index_log(
        &self,
        place: &ConfigBranch,
        from: Option<&CommitId>,
        tip: &CommitId,
        lines: &[String],
    ) -> Result<(), LedgerError> {
        self.ask(index_log(&self.pool, &place.to_string(), from, tip, &json(lines))).await
    }

    async fn listing(&self, image: &ImageName) -> Result<Option<StoredListing>, LedgerError> {
        let query = "SELECT tags, validator, as_of FROM listings WHERE image = $1";
        let query = sqlx::query_as::<_, (String, Option<String>, i64)>(query).bind(image.as_str());
        let Some((tags, validator, as_of)) = self.ask(query.fetch_optional(&self.pool)).await? else {
            return Ok(None);
        };
        let tags = serde_json::from_str(&tags).map_err(|error| self.failed(error))?;
        let validator = validator.map(Validator::new).transpose().map_err(|error| self.failed(error))?;
        Ok(Some(StoredListing { tags, validator, as_of: self.time(as_of)? }))
    }

    async fn keep_listing(&self, image: &ImageName, listing: &StoredListing) -> Result<(), LedgerError> {
        let query = "INSERT INTO listings (image, tags, validator, as_of) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (image) DO UPDATE SET tags = excluded.tags, \
                     validator = excluded.validator, as_of = excluded.as_of";
        let query = sqlx::query(query).bind(image.as_str()).bind(json(&listing.tags));
        let query = query.bind(listing.validator.as_ref().map(Validator::as_str));
        let query = query.bind(listing.as_of.timestamp_micros());
        self.ask(query.execute(&self.pool)).await.map(|_| ())
    }

    async fn digest(&self, image: &ImageName, tag: &Tag) -> Result<Option<(Digest, Time)>, LedgerError> {
        let query = "SELECT digest, as_of FROM digests WHERE image = $1 AND tag = $2";
        let query = sqlx::query_as::<_, (String, i64)>(query).bind(image.as_str()).bind(tag.as_str());
        let Some((digest, as_of)) = self.ask(query.fetch_optional(&self.pool)).await? else {
            return Ok(None);
        };
        let digest = Digest::new(digest).map_err(|error| self.failed(error))?;
        Ok(Some((digest, self.time(as_of)?)))
    }

    async fn keep_digest(
        &self,
        image: &ImageName,
        tag: &Tag,
        digest: &Digest,
        as_of: Time,
    ) -> Result<(), LedgerError> {
        let query = "INSERT INTO digests (image, tag, digest, as_of) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (image, tag) DO UPDATE SET digest = excluded.digest, as_of = excluded.as_of";
        let query = sqlx::query(query).bind(image.as_str()).bind(tag.as_str());
        let query = query.bind(digest.as_str()).bind(as_of.timestamp_micros());
        self.ask(query.execute(&self.pool)).await.map(|_| ())
    }

    async fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Description>, LedgerError> {
        let query = "SELECT description FROM descriptions WHERE image = $1 AND digest = $2";
        let query = sqlx::query_scalar::<_, String>(query).bind(image.as_str()).bind(digest.as_str());
        let Some(description) = self.ask(query.fetch_optional(&self.pool)).await? else { return Ok(None) };
        serde_json::from_str(&description).map(Some).map_err(|error| self.failed(error))
    }

    async fn keep_description(
        &self,
        image: &ImageName,
        digest: &Digest,
        description: &Description,
    ) -> Result<(), LedgerError> {
        let query = "INSERT INTO descriptions (image, digest, description) VALUES ($1, $2, $3) \
                     ON CONFLICT (image, digest) DO UPDATE SET description = excluded.description";
        let query = sqlx::query(query).bind(image.as_str()).bind(digest.as_str()).bind(json(description));
        self.ask(query.execute(&self.pool)).await.map(|_| ())
    }

    async fn trouble(&self, image: &ImageName) -> Result<Option<ListingFailure>, LedgerError> {
        let query = "SELECT since, why FROM troubles WHERE image = $1";
        let query = sqlx::query_as::<_, (i64, String)>(query).bind(image.as_str());
        let found = self.ask(query.fetch_optional(&self.pool)).await?;
        found.map(|(since, why)| Ok(ListingFailure { since: self.time(since)?, why })).transpose()
    }

    async fn keep_trouble(
        &self,
        image: &ImageName,
        trouble: Option<&ListingFailure>,
    ) -> Result<(), LedgerError> {
        let Some(trouble) = trouble else {
            let query = sqlx::query("DELETE FROM troubles WHERE image = $1").bind(image.as_str());
            return self.ask(query.execute(&self.pool)).await.map(|_| ());
        };
        let query = "INSERT INTO troubles (image, since, why) VALUES ($1, $2, $3) \
                     ON CONFLICT (image) DO UPDATE SET since = excluded.since, why = excluded.why";
        let query = sqlx::query(query).bind(image.as_str()).bind(trouble.since.timestamp_micros());
        self.ask(query.bind(trouble.why.as_str()).execute(&self.pool)).await.map(|_| ())
    }

    async fn accept(&self, delivery: &Delivery) -> Result<Acceptance, LedgerError> {
        self.ask(deliveries::accept(&self.pool, &self.forgetting, delivery)).await
    }

    async fn deliveries(&self) -> Result<Vec<Delivery>, LedgerError> {
        let rows = self.ask(deliveries::open(&self.pool)).await?;
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            match self.delivery(&row) {
                Ok(delivery) => read.push(delivery),
                Err(error) => self.give_up(&row, &error).await?,
            }
        }
        Ok(read)
    }

    async fn conclude(
        &self,
        delivery: &Delivery,
        outcome: DeliveryOutcome,
        at: Time,
    ) -> Result<(), LedgerError> {
        let received_at = delivery.received_at.timestamp_micros();
        let (source, id) = (delivery.source.as_str(), delivery.id.as_str());
        self.ask(deliveries::conclude(&self.pool, source, id, received_at, outcome, at)).await
    }
}

/// Lets many read while one writes. That changes the file for good, so it comes after the file proved to be ours.
async fn share(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let options = options.journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS_MAX);
    // The change needs the file alone, and SQLite does not wait for that by itself.
    for _ in 0..SHARINGS_MAX {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_busy(&error) => tokio::time::sleep(SHARING_PAUSE).await,
            result => return result,
        }
    }
    pool.connect_with(options).await
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

/// Creates the file if it is missing, and lets its owner alone use it: it holds names of repositories and images, and what
/// people wrote. SQLite gives the same permissions to its `-wal` and `-shm` files. A symbolic link is not followed, since
/// whoever may write to the folder could name any file of Towpath's user by one.
fn private_file(path: &Path) -> Result<(), String> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(OWNER_ALONE).custom_flags(flags.bits());
    let refused = |error: std::io::Error| match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ELOOP) => {
            "it is a symbolic link, which is not followed; write the path of the file itself \
                               into `ledger`, or remove the link"
                .to_owned()
        }
        _ => error.to_string(),
    };
    let file = options.open(path).map_err(refused)?;
    let metadata = file.metadata().map_err(refused)?;
    if !metadata.is_file() {
        return Err("it is not a regular file; write another path into `ledger`".to_owned());
    }
    if metadata.mode() & OTHERS == 0 {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(OWNER_ALONE))
        .map_err(|error| format!("its permissions cannot be set to 0600: {error}"))
}

/// Makes the tables, in one transaction: others may be opening, and so creating, the same file.
async fn prepare(connection: &mut SqliteConnection, name: &str) -> Result<(), LedgerError> {
    let broken = |error: sqlx::Error| failed(name, words(&error));
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
    if !claim(&mut transaction).await.map_err(broken)? {
        let why = "it is another program's database; name another file under `ledger`".to_owned();
        return Err(LedgerError { ledger: name.to_owned(), why });
    }
    // `run` cannot be spawned with a borrowed connection; sqlx has `run_direct` for just that.
    let migrated = MIGRATIONS.run_direct(None, &mut *transaction, false).await;
    migrated.map_err(|error| failed(name, migration_words(&error)))?;
    transaction.commit().await.map_err(broken)
}

/// Marks an empty file as ours; false where it belongs to another program.
async fn claim(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    if id == APPLICATION_ID {
        return Ok(true);
    }
    let tables = "SELECT count(*) FROM sqlite_master";
    let tables: i64 = sqlx::query_scalar(tables).fetch_one(&mut *connection).await?;
    if id != 0 || tables != 0 {
        return Ok(false);
    }
    let mark = sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"));
    sqlx::query(mark).execute(connection).await.map(|_| true)
}

/// Lines and tip in one transaction: whoever dies between them leaves neither.
async fn index_log(
    pool: &SqlitePool,
    place: &str,
    from: Option<&CommitId>,
    tip: &CommitId,
    lines: &str,
) -> Result<(), sqlx::Error> {
    // Takes the right to write at once; a reader that becomes a writer half-way would fail instead of waiting.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    if let Some(from) = from {
        let known = "SELECT tip FROM logs WHERE place = $1";
        let known: Option<String> =
            sqlx::query_scalar(known).bind(place).fetch_optional(&mut *transaction).await?;
        // A commit says all that came before it, so another handle has brought in these very lines.
        if known.as_deref() != Some(from.as_str()) {
            return transaction.rollback().await;
        }
    } else {
        let clear = sqlx::query("DELETE FROM log_parts WHERE place = $1").bind(place);
        clear.execute(&mut *transaction).await?;
    }
    let part = "INSERT INTO log_parts (place, number, lines) \
                SELECT $1, coalesce(max(number), 0) + 1, $2 FROM log_parts WHERE place = $1";
    sqlx::query(part).bind(place).bind(lines).execute(&mut *transaction).await?;
    let mark =
        "INSERT INTO logs (place, tip) VALUES ($1, $2) ON CONFLICT (place) DO UPDATE SET tip = excluded.tip";
    sqlx::query(mark).bind(place).bind(tip.as_str()).execute(&mut *transaction).await?;
    transaction.commit().await
}

fn failed(ledger: &str, why: impl Display) -> LedgerError {
    LedgerError { ledger: ledger.to_owned(), why: format!("{why}; {WAY_OUT}") }
}

/// SQLite's own words where there are any, without the library's around them.
fn words(error: &sqlx::Error) -> String {
    if is_busy(error) {
        return "another process keeps it locked".to_owned();
    }
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn migration_words(error: &MigrateError) -> String {
    let is_newer = matches!(error, MigrateError::VersionMissing(_));
    if is_newer { "a newer version of Towpath wrote it".to_owned() } else { error.to_string() }
}

#[cfg(test)]
mod tests;
