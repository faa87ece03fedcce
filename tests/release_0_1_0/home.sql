PRAGMA user_version = 1;
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta ("key", "value") VALUES ('generation', 6);
INSERT INTO meta ("key", "value") VALUES ('home', 'd719cf1800a3b861');
CREATE TABLE builds (
    build INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    model TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    recipe TEXT NOT NULL,
    chroma TEXT NOT NULL,
    dirty INTEGER NOT NULL DEFAULT 0
);
INSERT INTO builds ("build", "collection", "model", "dimension", "recipe", "chroma", "dirty") VALUES (1, 'documents', 'words', 0, '1/220', 'q-documents-15484e57fcd55872', 0);
INSERT INTO builds ("build", "collection", "model", "dimension", "recipe", "chroma", "dirty") VALUES (2, 'guild-100', 'words', 0, '1/220', 'q-guild-100-4774f632362c2936', 0);
CREATE TABLE collections (
    name TEXT PRIMARY KEY,
    build INTEGER NOT NULL REFERENCES builds (build)
) WITHOUT ROWID;
INSERT INTO collections ("name", "build") VALUES ('documents', 1);
INSERT INTO collections ("name", "build") VALUES ('guild-100', 2);
CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    title TEXT NOT NULL,
    mime TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    pages TEXT NOT NULL,
    url TEXT,
    modified TEXT,
    added_at TEXT NOT NULL,
    added_by TEXT,
    warnings TEXT NOT NULL,
    characters INTEGER NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (collection, uri)
);
INSERT INTO sources ("id", "collection", "uri", "title", "mime", "sha256", "pages", "url", "modified", "added_at", "added_by", "warnings", "characters", "text") VALUES ('0dc2256b2215179c', 'documents', 'library.txt', 'library', 'text/plain', '00461bbaa18f6d1025e5e897ceff5f39339db9d5ba54e87178ec91db2ab4b60f', '[]', NULL, NULL, '2026-11-26T01:08:07.087424+00:00', NULL, '[]', 70, 'The library opens at nine and closes at six. On Sundays it is closed.
');
INSERT INTO sources ("id", "collection", "uri", "title", "mime", "sha256", "pages", "url", "modified", "added_at", "added_by", "warnings", "characters", "text") VALUES ('f88febea7ba790e4', 'documents', 'parking.md', 'Parking', 'text/markdown', 'edb3774f73233b2a18aff031f7a62fa8ff66cd921bae167964e08534b9faa45d', '[]', NULL, NULL, '2026-11-26T01:08:07.090131+00:00', NULL, '[]', 80, '# Parking

Visitors park behind the town hall. Parking costs two euros an hour.
');
INSERT INTO sources ("id", "collection", "uri", "title", "mime", "sha256", "pages", "url", "modified", "added_at", "added_by", "warnings", "characters", "text") VALUES ('30660692dfbdddb9', 'documents', 'https://example.org/pool', 'Swimming pool', 'text/html', 'efe368b58faf14ee72e604e997ae8264f0e1dcf2825d1d12cb1bc7fd99a5234c', '[]', 'https://example.org/pool', '2026-05-01T00:00:00+00:00', '2026-11-26T01:08:07.202672+00:00', NULL, '["Hidden text was left out."]', 58, 'The swimming pool opens in May. A ticket costs four euros.');
INSERT INTO sources ("id", "collection", "uri", "title", "mime", "sha256", "pages", "url", "modified", "added_at", "added_by", "warnings", "characters", "text") VALUES ('211392906982329c', 'guild-100', 'rules.md', 'House rules', 'text/markdown', 'fcf3ea4e68be363aa5b9b210de475b12123d370023abecef9d0b0707618907e2', '[]', NULL, NULL, '2026-11-26T01:08:07.208543+00:00', 'Grace', '[]', 56, '# House rules

Quiet hours begin at ten in the evening.
');
INSERT INTO sources ("id", "collection", "uri", "title", "mime", "sha256", "pages", "url", "modified", "added_at", "added_by", "warnings", "characters", "text") VALUES ('6bf0eb5073ccd0b5', 'guild-100', 'team-answer-1.txt', 'Team answer: Where do I leave my bicycle?', 'text/plain', 'db7ecdc03d1ddd936b4946c3648c2251fa0610b28072991a8228b1668904901f', '[]', NULL, NULL, '2026-11-26T01:08:07.212491+00:00', 'Ada', '[]', 73, 'Bicycles may be left in the yard.

Team answer by Ada, 26 November 2026.
');
CREATE TABLE passages (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    build INTEGER NOT NULL REFERENCES builds (build) ON DELETE CASCADE,
    source TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER,
    heading TEXT NOT NULL,
    kind TEXT NOT NULL,
    sentences TEXT NOT NULL,
    text TEXT NOT NULL,
    input BLOB NOT NULL,
    vectors BLOB,
    UNIQUE (build, id)
);
INSERT INTO passages ("key", "id", "build", "source", "ordinal", "start", "end", "page", "heading", "kind", "sentences", "text", "input", "vectors") VALUES (1, 'f673fea5a2249da7b5f84eab', 1, '0dc2256b2215179c', 0, 0, 69, NULL, '[]', 'paragraph', '[0,44,45,69]', 'The library opens at nine and closes at six. On Sundays it is closed.', X'A071FFCAC4B7A1EF75B68F3CF9E69422', NULL);
INSERT INTO passages ("key", "id", "build", "source", "ordinal", "start", "end", "page", "heading", "kind", "sentences", "text", "input", "vectors") VALUES (2, 'aff297be2acefc7ee9e698af', 1, 'f88febea7ba790e4', 0, 0, 79, NULL, '["Parking"]', 'paragraph', '[11,46,47,79]', '# Parking

Visitors park behind the town hall. Parking costs two euros an hour.', X'64D0F50C354B8F31E5176E157A73E052', NULL);
INSERT INTO passages ("key", "id", "build", "source", "ordinal", "start", "end", "page", "heading", "kind", "sentences", "text", "input", "vectors") VALUES (3, '61a19fc456dd8ad79d9f41fc', 1, '30660692dfbdddb9', 0, 0, 58, NULL, '[]', 'paragraph', '[0,58]', 'The swimming pool opens in May. A ticket costs four euros.', X'0759D15F9FB2AB53F088B88775EB9729', NULL);
INSERT INTO passages ("key", "id", "build", "source", "ordinal", "start", "end", "page", "heading", "kind", "sentences", "text", "input", "vectors") VALUES (4, '1cb461dbfdb2ee21bbf538b9', 2, '211392906982329c', 0, 0, 55, NULL, '["House rules"]', 'paragraph', '[15,55]', '# House rules

Quiet hours begin at ten in the evening.', X'AB9550FBF3C2AB531EE6FEC3B5373862', NULL);
INSERT INTO passages ("key", "id", "build", "source", "ordinal", "start", "end", "page", "heading", "kind", "sentences", "text", "input", "vectors") VALUES (5, '638c0063bda6b788b148fa44', 2, '6bf0eb5073ccd0b5', 0, 0, 72, NULL, '[]', 'paragraph', '[0,33,35,72]', 'Bicycles may be left in the yard.

Team answer by Ada, 26 November 2026.', X'C28FEF6C0BC683966035D96B493EEA9E', NULL);
CREATE INDEX passages_by_id ON passages (id);
CREATE INDEX passages_by_source ON passages (source, build, ordinal);
CREATE INDEX passages_by_build ON passages (build, source);
CREATE INDEX passages_by_input ON passages (build, input);
CREATE TABLE files (
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    failure TEXT,
    PRIMARY KEY (collection, uri)
) WITHOUT ROWID;
INSERT INTO files ("collection", "uri", "size", "mtime_ns", "ctime_ns", "failure") VALUES ('documents', 'library.txt', 70, 1795655243295672495, 1795655243295672495, NULL);
INSERT INTO files ("collection", "uri", "size", "mtime_ns", "ctime_ns", "failure") VALUES ('documents', 'parking.md', 80, 1795655243289044615, 1795655243289044615, NULL);
CREATE TABLE folders (
    collection TEXT PRIMARY KEY REFERENCES collections (name),
    folder TEXT NOT NULL,
    device INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO folders ("collection", "folder", "device") VALUES ('documents', '/home/ada/documents', 65024);
CREATE VIRTUAL TABLE words_1 USING fts5 (
    title, body, tokenize = "ascii tokenchars '-_./\:@&+#'"
);
INSERT INTO words_1 (rowid, "title", "body") VALUES (1, 'librari', 'the librari open at nine and close at six on sunday it is close');
INSERT INTO words_1 (rowid, "title", "body") VALUES (2, 'park park', 'park visitor park behind the town hall park cost two euro an hour');
INSERT INTO words_1 (rowid, "title", "body") VALUES (3, 'swim pool', 'the swim pool open in may a ticket cost four euro');
CREATE VIRTUAL TABLE counts_1 USING fts5vocab (words_1, row);
CREATE VIRTUAL TABLE words_2 USING fts5 (
    title, body, tokenize = "ascii tokenchars '-_./\:@&+#'"
);
INSERT INTO words_2 (rowid, "title", "body") VALUES (4, 'hous rule hous rule', 'hous rule quiet hour begin at ten in the evening');
INSERT INTO words_2 (rowid, "title", "body") VALUES (5, 'team answer where do i leav my bicycl', 'bicycl may be left in the yard team answer by ada 26 novemb 2026');
CREATE VIRTUAL TABLE counts_2 USING fts5vocab (words_2, row);
CREATE TABLE bot_answers (
    key TEXT PRIMARY KEY, at REAL NOT NULL,
    asker INTEGER NOT NULL, body BLOB NOT NULL
);
INSERT INTO bot_answers ("key", "at", "asker", "body") VALUES ('key', 1000.0, 7, X'789C8D52BB8EDB3010FC1582B562F071922C3569D3A64A71381814B99288A3A8331F4A02C3FF9E251D07E992420477B8BB333BAB1B7D879F74AC674355A223678C9D5843976C9DA96143F5AABC0757224C8AEF10E8D837F423D84325A0E3AC5C044CDBFD0121AA64778F3D35A705730E7441221D5FA9D975DEC0A748DFB0938FDF4BAB1BB5C844159F0456C4A4528E25AECF60104BF003A5D1AFD94222EB9E4324132CD6139548024FF09656207080B77E399157FE56B86D524FE61BDD54A8C27943E1B006BC86421DB19B864B55203897831858379C8514832E6A5625DA0EDF663D4B502FD09D27909D54AA9D86497066E0A56F272EB89046F68C09A926D0300F864DAC677DC7CF03EBE1F764A138DCA2028F7C6D7BFFDB2024A9A67F42CF4B76158660C80EE269AB3ED8E40AF465CF11487D40F49AF7B285FFB6074B56BBAC0E3F94E3B3730DCDC13DAF1F6A81E77D0565B0040DC47D39EBA178291B89D1B61B3B5B5C4F4DBD23E2410588E9918C3FC3FC74999DCE6564545464E22E83C2890F40217E4F56FFA1BB66AC7F58F16D2DC223B1895CCB5C9F1F067AA3DCEEE1F28FCC6437941D2F1BEABDA1CB85118AB0FBFD17F94CF3BB');
CREATE INDEX bot_answers_asker ON bot_answers (asker);
CREATE INDEX bot_answers_at ON bot_answers (at);
CREATE TABLE bot_messages (
    place INTEGER PRIMARY KEY, message INTEGER NOT NULL UNIQUE, key TEXT NOT NULL
);
INSERT INTO bot_messages ("place", "message", "key") VALUES (1, 555, 'key');
CREATE INDEX bot_messages_key ON bot_messages (key);
CREATE TABLE bot_turns (
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, at REAL NOT NULL, person INTEGER NOT NULL,
    question TEXT NOT NULL, answer TEXT NOT NULL, citations BLOB NOT NULL
);
INSERT INTO bot_turns ("id", "conversation", "at", "person", "question", "answer", "citations") VALUES (1, 'c1', 1000.0, 7, 'When is it quiet?', 'Quiet hours begin at ten in the evening. [1]', X'789C458ECD6EC32010845F05714E237E826DFA04BDF61C45153F6B1B15438B219728EFDEC5AA9403D2CEB7CCCE5C1F7433E51B0A7D27FC4428DC8387E400E583EEB915075FC1A3A28273A98566839E8414DA51FCBDAF46A8A16F67374B301718260B7290C628ABADE0CCC36554960B2EA4972363421A0B0E66ED9965231B073E69368238AE55536AEFA17A91D453957AE2EC728CE06AC8A9472D2D44FFC6193B3C47C58E4B8BB09F37DF690D351EF023B71DC8B1EAFCB7E57AF0CF16A09215CD3BB1B084444C251512C1A9AE40E00E29A4E5DC4D6B58D688AF574B2D4644ADC497F8310BBCD40AC6A313C1F586328684D128E489C80EB6ECC31CC0FF3B9EB73F274972BF');
CREATE INDEX bot_turns_conversation ON bot_turns (conversation, id);
CREATE INDEX bot_turns_person ON bot_turns (person);
CREATE TABLE bot_ratings (
    key TEXT NOT NULL, rater TEXT NOT NULL, liked INTEGER NOT NULL, reason TEXT, at REAL NOT NULL,
    PRIMARY KEY (key, rater)
);
INSERT INTO bot_ratings ("key", "rater", "liked", "reason", "at") VALUES ('key', 'b91140f330e24907e12a5b98', 0, 'too short', 1001.0);
INSERT INTO bot_ratings ("key", "rater", "liked", "reason", "at") VALUES ('key', '1907669459c4ce391cd279aa', 1, NULL, 1002.0);
CREATE TABLE bot_gaps (
    id INTEGER PRIMARY KEY, guild INTEGER NOT NULL, question TEXT NOT NULL, kind TEXT NOT NULL,
    reason TEXT, asker TEXT NOT NULL, answer TEXT NOT NULL, at REAL NOT NULL,
    person INTEGER, UNIQUE (answer, kind, asker)
);
INSERT INTO bot_gaps ("id", "guild", "question", "kind", "reason", "asker", "answer", "at", "person") VALUES (1, 100, 'When is it quiet?', 'disliked', 'too short', 'b91140f330e24907e12a5b98', 'key', 1001.0, 7);
CREATE INDEX bot_gaps_guild ON bot_gaps (guild, at);
CREATE TABLE bot_team_answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, body TEXT NOT NULL
);
INSERT INTO bot_team_answers ("id", "source", "body") VALUES (1, '6bf0eb5073ccd0b5', '{"id":0,"guild":100,"collection":"guild-100","name":"team-answer-1.txt","source":"6bf0eb5073ccd0b5","question":"Where do I leave my bicycle?","text":"Bicycles may be left in the yard.","author":"Ada","at":1003.0,"confirmed_by":null,"rests_on":[{"source":"211392906982329c","collection":"guild-100","title":"House rules","sha256":"fcf3ea4e68be363aa5b9b210de475b12123d370023abecef9d0b0707618907e2","quote":"Quiet hours begin at ten in the evening."}],"review":null}');
CREATE TABLE bot_guilds (guild INTEGER PRIMARY KEY, rules TEXT NOT NULL);
INSERT INTO bot_guilds ("guild", "rules") VALUES (100, '{"guild":100,"shared":true,"managers":[],"threads":[10],"listening":[],"named":[{"name":"guild-100","label":"default","roles":{"limited":true,"allowed":[5],"denied":[]},"channels":{"limited":false,"allowed":[],"denied":[]}}]}');
CREATE TABLE bot_seen (
    place INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, at REAL NOT NULL
);
INSERT INTO bot_seen ("place", "id", "at") VALUES (1, 777, 1000.0);
CREATE TABLE bot_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO bot_facts ("name", "value") VALUES ('salt', '395f37448d35f5985318925fdd6cd60b');
INSERT INTO bot_facts ("name", "value") VALUES ('commands', 'abc');
CREATE TABLE model_tokens (day TEXT NOT NULL, person TEXT NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (day, person)) WITHOUT ROWID;
INSERT INTO model_tokens ("day", "person", "tokens") VALUES ('2026-11-26', '7', 120);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES ('builds', 2);
INSERT INTO sqlite_sequence (name, seq) VALUES ('bot_team_answers', 2);
