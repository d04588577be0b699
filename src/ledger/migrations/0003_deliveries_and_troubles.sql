-- Events that came in and were acknowledged. `images` is a JSON list of names; without an outcome it is still to be
-- handled. `is_given` is 1 where the product gave the id, and 0 where it is a hash of the content.
CREATE TABLE deliveries (
    source       TEXT   NOT NULL,
    id           TEXT   NOT NULL,
    is_given     BIGINT NOT NULL,
    received_at  BIGINT NOT NULL,
    images       TEXT   NOT NULL,
    outcome      TEXT,
    concluded_at BIGINT,
    PRIMARY KEY (source, id, received_at)
);
CREATE INDEX deliveries_to_handle ON deliveries (received_at) WHERE outcome IS NULL;
CREATE INDEX deliveries_by_age ON deliveries (received_at);

-- Why the listing of an image was not read again, and since when; gone once it was.
CREATE TABLE troubles (
    image TEXT   NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    why   TEXT   NOT NULL
);
