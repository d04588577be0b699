-- Only BIGINT, INTEGER, TEXT and BLOB: what every SQL dialect has. Times are microseconds since 1970 in UTC.

-- How far the log of a place (`forge:owner/name@branch`) was read.
CREATE TABLE logs (
    place TEXT NOT NULL PRIMARY KEY,
    tip   TEXT NOT NULL
);

-- The lines of a log, as they came in: each row is a JSON list of lines.
CREATE TABLE log_parts (
    place  TEXT   NOT NULL,
    number BIGINT NOT NULL,
    lines  TEXT   NOT NULL,
    PRIMARY KEY (place, number)
);

-- The last complete listing of an image: a JSON list of its tags.
CREATE TABLE listings (
    image TEXT   NOT NULL PRIMARY KEY,
    tags  TEXT   NOT NULL,
    as_of BIGINT NOT NULL
);

-- What a tag pointed to.
CREATE TABLE digests (
    image  TEXT   NOT NULL,
    tag    TEXT   NOT NULL,
    digest TEXT   NOT NULL,
    as_of  BIGINT NOT NULL,
    PRIMARY KEY (image, tag)
);
