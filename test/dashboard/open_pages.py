"""Opens pages of the dashboard and reads what comes, to see what they cost.

usage: python test/dashboard/open_pages.py NUMBER ADDRESS [--pictures]
"""

import argparse
import asyncio
import sys

import aiohttp


async def read(address: str, pictures: bool) -> int:
    """The number of messages until the node hangs up."""
    count = 0
    async with aiohttp.ClientSession(address) as session, session.ws_connect("/socket") as page:
        if pictures:
            await page.send_json({"do": "picture", "value": True})
        async for _ in page:
            count += 1
    return count


async def run(options: argparse.Namespace) -> None:
    """All pages at once."""
    pages = (read(options.address, options.pictures) for _ in range(options.number))
    counts = await asyncio.gather(*pages)
    sys.stdout.write(f"messages: {' '.join(map(str, counts))}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", type=int)
    parser.add_argument("address", help="such as http://127.0.0.1:8470/")
    parser.add_argument("--pictures", action="store_true", help="ask for the camera's picture")
    asyncio.run(run(parser.parse_args()))
