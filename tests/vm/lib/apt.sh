# shellcheck shell=bash disable=SC2154 # lab: set by common.sh
# SPDX-License-Identifier: GPL-2.0-only
# A private apt: its own sources, package lists and cache below build/vm/apt, so
# that packages of other Debian releases can be had while the system's own
# configuration stays as it is. It knows of no installed package.

apt=$lab/apt
suites=(bookworm bookworm-updates bookworm-backports trixie trixie-updates trixie-backports)
security_suites=(bookworm-security trixie-security)

# The private apt's commands; apt.conf is read first, then the system's
# apt.conf.d, so proxies and the like apply here as well.
lab_apt() {
	APT_CONFIG=$apt/apt.conf "$@"
}

# system_sources: "URI|suite|file" of each Debian archive the system uses. apt
# itself reads its sources, so deb822 and one-line files are the same to us.
system_sources() {
	local targets
	targets=$(index_targets)
	# Where `apt-get update` has not been run yet, all it knows is the sources;
	# then the placeholder stands where the origin should.
	[ -n "$targets" ] || targets=$(index_targets --no-release-info)
	awk -F'|' -v OFS='|' '$4 == "main" && ($5 == "Debian" || $5 ~ /^\$/) {
		sub(/:[0-9]+$/, "", $3); print $1, $2, $3 }' <<<"$targets"
}

index_targets() {
	# shellcheck disable=SC2016 # the $() are apt's
	apt-get indextargets "$@" 'Identifier: Packages' \
		--format '$(REPO_URI)|$(RELEASE)|$(SOURCESENTRY)|$(COMPONENT)|$(ORIGIN)'
}

# keyring FILE: the keyring which the sources file names, else Debian's own
keyring() {
	local key
	key=$(sed -nE 's/^[[:space:]]*[Ss]igned-[Bb]y:[[:space:]]*(\/[^[:space:]]+).*/\1/p
		s/^[[:space:]]*deb[^#]*signed-by=(\/[^], ]+).*/\1/p' "$1" | head -n 1)
	case $key in
	# e.g. debian-archive-bookworm-stable.gpg: the keys of one release do not
	# do for the other
	'' | */debian-archive-*-*) ;;
	*)
		printf '%s\n' "$key"
		return
		;;
	esac
	for key in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
		[ -e "$key" ] || continue
		printf '%s\n' "$key"
		return
	done
}

# stanza URI KEYRING SUITE...
stanza() {
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$1" "${*:3}"
	# Without a keyring apt falls back to the system's trusted keys.
	[ -z "$2" ] || printf 'Signed-By: %s\n' "$2"
	echo
}

apt_configure() {
	local sources main security key
	sources=$(system_sources)
	main=$(awk -F'|' '$2 !~ /[-\/]/ { print; exit }' <<<"$sources")
	security=$(awk -F'|' '$2 ~ /-security$/ { print; exit }' <<<"$sources")
	[ -n "$main" ] || {
		say "the system's apt sources name no Debian archive"
		return 1
	}
	key=$(keyring "${main##*|}")

	mkdir -p "$apt"/{sources.d,preferences.d,lists/partial,cache/archives/partial}
	: >"$apt/status"
	{
		stanza "${main%%|*}" "$key" "${suites[@]}"
		[ -z "$security" ] || stanza "${security%%|*}" "$key" "${security_suites[@]}"
	} >"$apt/new.sources"
	mv "$apt/new.sources" "$apt/sources.d/lab.sources"

	# apt's own user may have no way into this folder.
	cat >"$apt/apt.conf" <<-EOF
		Dir::State "$apt";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$apt/sources.d";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "$apt/preferences.d";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "3";
	EOF
}

# Packages disappear from the archive when newer ones come: lists of yesterday
# may name files which are gone. So: once per call of fetch, and only when there
# is something to download.
apt_update() {
	[ -z "${apt_updated-}" ] || return 0
	need apt-get apt-cache dpkg-deb
	# The mirror's URI may hold a password.
	(umask 077 && apt_configure) || return
	say "package lists of ${suites[*]}"
	lab_apt apt-get -q update >&2 || {
		# One suite which the mirror lacks is no reason to give up on the others.
		say 'some package lists could not be had'
	}
	apt_updated=1
}
