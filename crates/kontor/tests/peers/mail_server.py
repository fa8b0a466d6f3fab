"""A mail server of somebody else's, for as long as standard input is open. Says where it listens, and what it got when asked."""

import asyncio
import json
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP

letters = []


class Keep:
    async def handle_DATA(self, server, session, envelope):
        letter = message_from_bytes(envelope.content, policy=policy.default)
        letters.append(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "subject": letter["subject"],
                "text": letter.get_content(),
            }
        )
        return "250 kept"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep(), hostname="peer.example"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(letters), flush=True)


asyncio.run(main())
