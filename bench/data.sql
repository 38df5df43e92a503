-- Rows for the demo's tables, the same ones every time: 1,110,000 messages. Account 1 has a million of
-- them, account 2 has one in a hundred of that, accounts 3 to 7 share another hundred thousand; their
-- conversations are mixed as time mixes them.
CREATE FUNCTION pg_temp.pick(n bigint, salt int, choices int) RETURNS int LANGUAGE sql IMMUTABLE
    AS 'SELECT abs(hashint8extended(n, salt) % choices)::int';
CREATE FUNCTION pg_temp.account(conversation int) RETURNS int LANGUAGE sql IMMUTABLE
    AS 'SELECT CASE WHEN conversation % 111 < 100 THEN 1 WHEN conversation % 111 = 100 THEN 2
                    ELSE 3 + (conversation % 111 - 101) / 2 END';

INSERT INTO accounts (id, name, created_at, updated_at)
SELECT a, 'Account ' || a, '2024-01-01', '2024-01-01' FROM generate_series(1, 7) AS a;

INSERT INTO users (id, uid, email, name, created_at, updated_at)
SELECT u, 'user' || u || '@example.com', 'user' || u || '@example.com', 'User ' || u, '2024-01-01', '2024-01-01'
FROM generate_series(1, 60) AS u;

-- User 1 administers account 1, user 2 account 2, user 3 the other five.
INSERT INTO account_users (account_id, user_id, role, created_at, updated_at)
SELECT a, least(a, 3), 1, timestamp '2024-01-01', timestamp '2024-01-01' FROM generate_series(1, 7) AS a
UNION ALL
SELECT 1 + u % 7, u, 0, '2024-01-01', '2024-01-01' FROM generate_series(4, 60) AS u;

INSERT INTO access_tokens (owner_type, owner_id, token, created_at, updated_at) VALUES
    ('User', 1, 'bench-one', '2024-01-01', '2024-01-01'),
    ('User', 2, 'bench-small', '2024-01-01', '2024-01-01'),
    ('User', 3, 'bench-five', '2024-01-01', '2024-01-01');

INSERT INTO inboxes (id, channel_id, account_id, name, channel_type, created_at, updated_at)
SELECT i, i, CASE WHEN i <= 20 THEN 1 ELSE i - 19 END, 'Inbox ' || i, 'Channel::WebWidget', '2024-01-01', '2024-01-01'
FROM generate_series(1, 26) AS i;

INSERT INTO inbox_members (user_id, inbox_id, created_at, updated_at)
SELECT u, i.id, '2024-01-01', '2024-01-01' FROM generate_series(4, 60) AS u JOIN inboxes i ON i.account_id = 1 + u % 7;

INSERT INTO labels (id, title, color, account_id, created_at, updated_at)
SELECT l, 'label-' || l, '#1f93ff', 1 + l % 7, '2024-01-01', '2024-01-01' FROM generate_series(1, 28) AS l;

INSERT INTO conversations (id, account_id, inbox_id, status, assignee_id, created_at, updated_at, contact_id, display_id,
                           uuid, last_activity_at, custom_attributes)
SELECT c, a, CASE a WHEN 1 THEN 1 + pg_temp.pick(c, 1, 20) ELSE a + 19 END,
       pg_temp.pick(c, 2, 4), CASE WHEN pg_temp.pick(c, 3, 5) > 0 THEN 4 + pg_temp.pick(c, 4, 57) END,
       at, at + interval '2 hours', c / 3, c, md5('conversation ' || c)::uuid, at + interval '2 hours',
       jsonb_build_object('plan', 'silver', 'orders', pg_temp.pick(c, 5, 40))
FROM generate_series(1, 111000) AS c, LATERAL (SELECT pg_temp.account(c) AS a,
     timestamp '2024-01-01' + c * interval '9 minutes 27.123456 seconds' AS at) AS t;

INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at, private, status,
                      source_id, content_type, sender_type, sender_id)
SELECT m, 'Hello, thank you for writing about order ' || m || '; ' || repeat('we look into it. ', 1 + pg_temp.pick(m, 6, 9)),
       c.account_id, c.inbox_id, c.id, pg_temp.pick(m, 7, 4),
       c.created_at + (m % 10) * interval '97.654321 seconds', c.created_at + (m % 10) * interval '98 seconds',
       m % 13 = 0, pg_temp.pick(m, 8, 4), CASE WHEN m % 3 = 0 THEN md5('source ' || m) END, 0,
       CASE WHEN m % 2 = 0 THEN 'User' ELSE 'Contact' END, 4 + pg_temp.pick(m, 9, 57)
FROM generate_series(1, 1110000) AS m JOIN conversations c ON c.id = 1 + (m - 1) / 10
ORDER BY m;

INSERT INTO reporting_events (id, name, value, account_id, inbox_id, user_id, conversation_id, event_start_time,
                              event_end_time, created_at, updated_at)
SELECT e, (ARRAY['first_reply_created', 'conversation_resolved', 'reply_time'])[1 + e % 3], pg_temp.pick(e, 10, 90000) / 7.0,
       c.account_id, c.inbox_id, c.assignee_id, c.id, c.created_at, c.created_at + interval '20 minutes',
       c.created_at + interval '20 minutes', c.created_at + interval '20 minutes'
FROM generate_series(1, 333000) AS e JOIN conversations c ON c.id = 1 + (e - 1) / 3
ORDER BY e;
