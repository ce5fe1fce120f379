// Made by `deno task emoji` from npm:gemoji@8.1.0, MIT licence, Copyright (c) 2014 Titus Wormer.

/** What `readEmoji` reads: in the order of code points, so that most emoji follow from the one before. */
export const EMOJI = `#️⃣ hash number
*️⃣ asterisk
0️⃣ zero
1️⃣ one
2️⃣ two
3️⃣ three
4️⃣ four
5️⃣ five
6️⃣ six
7️⃣ seven
8️⃣ eight
9️⃣ nine
©️ copyright
®️ registered
‼️ bangbang
⁉️ interrobang
™️ tm trademark
ℹ️ information_source
↔️ left_right_arrow
↕️ arrow_up_down
↖️ arrow_upper_left
↗️ arrow_upper_right
↘️ arrow_lower_right
↙️ arrow_lower_left
↩️ leftwards_arrow_with_hook return
↪️ arrow_right_hook
⌚ watch time
 hourglass time
⌨️ keyboard
⏏️ eject_button
⏩ fast_forward
 rewind
 arrow_double_up
 arrow_double_down
⏭️ next_track_button
⏮️ previous_track_button
⏯️ play_or_pause_button
 alarm_clock morning
⏱️ stopwatch
⏲️ timer_clock
 hourglass_flowing_sand time
⏸️ pause_button
⏹️ stop_button
⏺️ record_button
Ⓜ️ m
▪️ black_small_square
▫️ white_small_square
▶️ arrow_forward
◀️ arrow_backward
◻️ white_medium_square
◼️ black_medium_square
 white_medium_small_square
 black_medium_small_square
☀️ sunny weather
☁️ cloud
☂️ open_umbrella
☃️ snowman_with_snow winter,christmas
☄️ comet
☎️ phone,telephone
☑️ ballot_box_with_check
☔ umbrella rain,weather
 coffee cafe,espresso
☘️ shamrock
☝️ point_up
☠️ skull_and_crossbones danger,pirate
☢️ radioactive
☣️ biohazard
☦️ orthodox_cross
☪️ star_and_crescent
☮️ peace_symbol
☯️ yin_yang
☸️ wheel_of_dharma
☹️ frowning_face
☺️ relaxed blush,pleased
♀️ female_sign
♂️ male_sign
♈ aries
 taurus
 gemini
 cancer
 leo
 virgo
 libra
 scorpius
 sagittarius
 capricorn
 aquarius
 pisces
♟️ chess_pawn
♠️ spades
♣️ clubs
♥️ hearts
♦️ diamonds
♨️ hotsprings
♻️ recycle environment,green
♾️ infinity
 wheelchair accessibility
⚒️ hammer_and_pick
 anchor ship
⚔️ crossed_swords
⚕️ medical_symbol
⚖️ balance_scale
⚗️ alembic
⚙️ gear
⚛️ atom_symbol
⚜️ fleur_de_lis
⚠️ warning wip
 zap lightning,thunder
⚧️ transgender_symbol
⚪ white_circle
 black_circle
⚰️ coffin funeral
⚱️ funeral_urn
⚽ soccer sports
 baseball sports
⛄ snowman winter
 partly_sunny weather,cloud
⛈️ cloud_with_lightning_and_rain
⛎ ophiuchus
⛏️ pick
⛑️ rescue_worker_helmet
⛓️ chains
 no_entry limit
⛩️ shinto_shrine
 church
⛰️ mountain
⛱️ parasol_on_ground beach_umbrella
 fountain
 golf
⛴️ ferry
 boat,sailboat
⛷️ skier
⛸️ ice_skate skating
⛹️ bouncing_ball_person basketball
⛹️‍♀️ bouncing_ball_woman,basketball_woman
⛹️‍♂️ bouncing_ball_man,basketball_man
 tent camping
⛽ fuelpump
✂️ scissors cut
✅ white_check_mark
✈️ airplane flight
✉️ envelope letter,email
 fist_raised,fist power
 hand,raised_hand highfive,stop
✌️ v victory,peace
✍️ writing_hand
✏️ pencil2
✒️ black_nib
✔️ heavy_check_mark
✖️ heavy_multiplication_x
✝️ latin_cross
✡️ star_of_david
✨ sparkles shiny
✳️ eight_spoked_asterisk
✴️ eight_pointed_black_star
❄️ snowflake winter,cold,weather
❇️ sparkle
❌ x
❎ negative_squared_cross_mark
❓ question confused
 grey_question
 grey_exclamation
❗ exclamation,heavy_exclamation_mark bang
❣️ heavy_heart_exclamation
❤️ heart love
❤️‍🔥 heart_on_fire
❤️‍🩹 mending_heart
➕ heavy_plus_sign
 heavy_minus_sign
 heavy_division_sign
➡️ arrow_right
➰ curly_loop
➿ loop
⤴️ arrow_heading_up
⤵️ arrow_heading_down
⬅️ arrow_left
⬆️ arrow_up
⬇️ arrow_down
⬛ black_large_square
 white_large_square
⭐ star
⭕ o
〰️ wavy_dash
〽️ part_alternation_mark
㊗️ congratulations
㊙️ secret
🀄 mahjong
🃏 black_joker
🅰️ a
🅱️ b
🅾️ o2
🅿️ parking
🆎 ab
🆑 cl
 cool
 free
 id
 new fresh
 ng
 ok yes
 sos help,emergency
 up
 vs
🈁 koko
🈂️ sa
🈚 u7121
🈯 u6307
🈲 u7981
 u7a7a
 u5408
 u6e80
 u6709
🈷️ u6708
 u7533
 u5272
 u55b6
🉐 ideograph_advantage
 accept
🌀 cyclone swirl
 foggy karl
 closed_umbrella weather,rain
 night_with_stars
 sunrise_over_mountains
 sunrise
 city_sunset
 city_sunrise
 rainbow
 bridge_at_night
 ocean sea
 volcano
 milky_way
 earth_africa globe,world,international
 earth_americas globe,world,international
 earth_asia globe,world,international
 globe_with_meridians world,global,international
 new_moon
 waxing_crescent_moon
 first_quarter_moon
 moon,waxing_gibbous_moon
 full_moon
 waning_gibbous_moon
 last_quarter_moon
 waning_crescent_moon
 crescent_moon night
 new_moon_with_face
 first_quarter_moon_with_face
 last_quarter_moon_with_face
 full_moon_with_face
 sun_with_face summer
 star2
 stars
🌡️ thermometer
🌤️ sun_behind_small_cloud
🌥️ sun_behind_large_cloud
🌦️ sun_behind_rain_cloud
🌧️ cloud_with_rain
🌨️ cloud_with_snow
🌩️ cloud_with_lightning
🌪️ tornado
🌫️ fog
🌬️ wind_face
 hotdog
 taco
 burrito
 chestnut
 seedling plant
 evergreen_tree wood
 deciduous_tree wood
 palm_tree
 cactus
🌶️ hot_pepper spicy
 tulip flower
 cherry_blossom flower,spring
 rose flower
 hibiscus
 sunflower
 blossom
 corn
 ear_of_rice
 herb
 four_leaf_clover luck
 maple_leaf canada
 fallen_leaf autumn
 leaves leaf
 mushroom fungus
 tomato
 eggplant aubergine
 grapes
 melon
 watermelon
 tangerine,orange,mandarin
 lemon
 banana fruit
 pineapple
 apple
 green_apple fruit
 pear
 peach
 cherries fruit
 strawberry fruit
 hamburger
 pizza
 meat_on_bone
 poultry_leg meat,chicken
 rice_cracker
 rice_ball
 rice
 curry
 ramen noodle
 spaghetti pasta
 bread toast
 fries
 sweet_potato
 dango
 oden
 sushi
 fried_shrimp tempura
 fish_cake
 icecream
 shaved_ice
 ice_cream
 doughnut
 cookie
 chocolate_bar
 candy sweet
 lollipop
 custard
 honey_pot
 cake dessert
 bento
 stew
 fried_egg breakfast
 fork_and_knife cutlery
 tea green,breakfast
 sake
 wine_glass
 cocktail drink
 tropical_drink summer,vacation
 beer drink
 beers drinks
 baby_bottle milk
🍽️ plate_with_cutlery dining,dinner
 champagne bottle,bubbly,celebration
 popcorn
 ribbon
 gift present,birthday,christmas
 birthday party
 jack_o_lantern halloween
 christmas_tree
 santa christmas
 fireworks festival,celebration
 sparkler
 balloon party,birthday
 tada hooray,party
 confetti_ball
 tanabata_tree
 crossed_flags
 bamboo
 dolls
 flags
 wind_chime
 rice_scene
 school_satchel
 mortar_board education,college,university,graduation
🎖️ medal_military
🎗️ reminder_ribbon
🎙️ studio_microphone podcast
🎚️ level_slider
🎛️ control_knobs
🎞️ film_strip
🎟️ tickets
 carousel_horse
 ferris_wheel
 roller_coaster
 fishing_pole_and_fish
 microphone sing
 movie_camera film,video
 cinema film,movie
 headphones music,earphones
 art design,paint
 tophat classy
 circus_tent
 ticket
 clapper film
 performing_arts theater,drama
 video_game play,controller,console
 dart target
 slot_machine
 8ball pool,billiards
 game_die dice,gambling
 bowling
 flower_playing_cards
 musical_note
 notes music
 saxophone
 guitar rock
 musical_keyboard piano
 trumpet
 violin
 musical_score
 running_shirt_with_sash marathon
 tennis sports
 ski
 basketball sports
 checkered_flag milestone,finish
 snowboarder
 runner,running exercise,workout,marathon
🏃‍♀️ running_woman exercise,workout,marathon
🏃‍♂️ running_man exercise,workout,marathon
 surfer
🏄‍♀️ surfing_woman
🏄‍♂️ surfing_man
 medal_sports gold,winner
 trophy award,contest,winner
 horse_racing
 football sports
 rugby_football
 swimmer
🏊‍♀️ swimming_woman
🏊‍♂️ swimming_man
🏋️ weight_lifting gym,workout
🏋️‍♀️ weight_lifting_woman gym,workout
🏋️‍♂️ weight_lifting_man gym,workout
🏌️ golfing
🏌️‍♀️ golfing_woman
🏌️‍♂️ golfing_man
🏍️ motorcycle
🏎️ racing_car
 cricket_game
 volleyball
 field_hockey
 ice_hockey
 ping_pong
🏔️ mountain_snow
🏕️ camping
🏖️ beach_umbrella
🏗️ building_construction
🏘️ houses
🏙️ cityscape skyline
🏚️ derelict_house
🏛️ classical_building
🏜️ desert
🏝️ desert_island
🏞️ national_park
🏟️ stadium
 house
 house_with_garden
 office
 post_office
 european_post_office
 hospital
 bank
 atm
 hotel
 love_hotel
 convenience_store
 school
 department_store
 factory
 izakaya_lantern,lantern
 japanese_castle
 european_castle
🏳️ white_flag
🏳️‍⚧️ transgender_flag
🏳️‍🌈 rainbow_flag pride
 black_flag
🏴‍☠️ pirate_flag
🏴󠁧󠁢󠁥󠁮󠁧󠁿 england
🏴󠁧󠁢󠁳󠁣󠁴󠁿 scotland
🏴󠁧󠁢󠁷󠁬󠁳󠁿 wales
🏵️ rosette
🏷️ label tag
 badminton
 bow_and_arrow archery
 amphora
🐀 rat
 mouse2
 ox
 water_buffalo
 cow2
 tiger2
 leopard
 rabbit2
 cat2
🐈‍⬛ black_cat
 dragon
 crocodile
 whale2
 snail slow
 snake
 racehorse speed
 ram
 goat
 sheep
 monkey
 rooster
 chicken
 dog2
🐕‍🦺 service_dog
 pig2
 boar
 elephant
 octopus
 shell sea,beach
 bug
 ant
 bee,honeybee
 lady_beetle bug
 fish
 tropical_fish
 blowfish
 turtle slow
 hatching_chick
 baby_chick
 hatched_chick
 bird
🐦‍⬛ black_bird
 penguin
 koala
 poodle dog
 dromedary_camel desert
 camel
 dolphin,flipper
 mouse
 cow
 tiger
 rabbit bunny
 cat pet
 dragon_face
 whale sea
 horse
 monkey_face
 dog pet
 pig
 frog
 hamster pet
 wolf
 bear
🐻‍❄️ polar_bear
 panda_face
 pig_nose
 feet,paw_prints
🐿️ chipmunk
 eyes look,see,watch
👁️ eye
👁️‍🗨️ eye_speech_bubble
 ear hear,sound,listen
 nose smell
 lips kiss
 tongue taste
 point_up_2
 point_down
 point_left
 point_right
 fist_oncoming,facepunch,punch attack
 wave goodbye
 ok_hand
 +1,thumbsup approve,ok
 -1,thumbsdown disapprove,bury
 clap praise,applause
 open_hands
 crown king,queen,royal
 womans_hat
 eyeglasses
 necktie shirt,formal
 shirt,tshirt
 jeans pants
 dress
 kimono
 bikini beach
 womans_clothes
 purse
 handbag
 pouch bag
 mans_shoe,shoe
 athletic_shoe sneaker,sport,running
 high_heel shoe
 sandal shoe
 boot
 footprints feet,tracks
 bust_in_silhouette user
 busts_in_silhouette users,group,team
 boy child
 girl child
 man mustache,father,dad
👨‍⚕️ man_health_worker doctor,nurse
👨‍⚖️ man_judge justice
👨‍✈️ man_pilot
👨‍❤️‍👨 couple_with_heart_man_man
👨‍❤️‍💋‍👨 couplekiss_man_man
👨‍🌾 man_farmer
👨‍🍳 man_cook chef
👨‍🍼 man_feeding_baby
👨‍🎓 man_student graduation
👨‍🎤 man_singer rockstar
👨‍🎨 man_artist painter
👨‍🏫 man_teacher school,professor
👨‍🏭 man_factory_worker
👨‍👦 family_man_boy
👨‍👦‍👦 family_man_boy_boy
👨‍👧 family_man_girl
👨‍👧‍👦 family_man_girl_boy
👨‍👧‍👧 family_man_girl_girl
👨‍👨‍👦 family_man_man_boy
👨‍👨‍👦‍👦 family_man_man_boy_boy
👨‍👨‍👧 family_man_man_girl
👨‍👨‍👧‍👦 family_man_man_girl_boy
👨‍👨‍👧‍👧 family_man_man_girl_girl
👨‍👩‍👦 family_man_woman_boy
👨‍👩‍👦‍👦 family_man_woman_boy_boy
👨‍👩‍👧 family_man_woman_girl
👨‍👩‍👧‍👦 family_man_woman_girl_boy
👨‍👩‍👧‍👧 family_man_woman_girl_girl
👨‍💻 man_technologist coder
👨‍💼 man_office_worker business
👨‍🔧 man_mechanic
👨‍🔬 man_scientist research
👨‍🚀 man_astronaut space
👨‍🚒 man_firefighter
👨‍🦯 man_with_probing_cane
👨‍🦰 red_haired_man
👨‍🦱 curly_haired_man
👨‍🦲 bald_man
👨‍🦳 white_haired_man
👨‍🦼 man_in_motorized_wheelchair
👨‍🦽 man_in_manual_wheelchair
 woman girls
👩‍⚕️ woman_health_worker doctor,nurse
👩‍⚖️ woman_judge justice
👩‍✈️ woman_pilot
👩‍❤️‍👨 couple_with_heart_woman_man
👩‍❤️‍👩 couple_with_heart_woman_woman
👩‍❤️‍💋‍👨 couplekiss_man_woman
👩‍❤️‍💋‍👩 couplekiss_woman_woman
👩‍🌾 woman_farmer
👩‍🍳 woman_cook chef
👩‍🍼 woman_feeding_baby
👩‍🎓 woman_student graduation
👩‍🎤 woman_singer rockstar
👩‍🎨 woman_artist painter
👩‍🏫 woman_teacher school,professor
👩‍🏭 woman_factory_worker
👩‍👦 family_woman_boy
👩‍👦‍👦 family_woman_boy_boy
👩‍👧 family_woman_girl
👩‍👧‍👦 family_woman_girl_boy
👩‍👧‍👧 family_woman_girl_girl
👩‍👩‍👦 family_woman_woman_boy
👩‍👩‍👦‍👦 family_woman_woman_boy_boy
👩‍👩‍👧 family_woman_woman_girl
👩‍👩‍👧‍👦 family_woman_woman_girl_boy
👩‍👩‍👧‍👧 family_woman_woman_girl_girl
👩‍💻 woman_technologist coder
👩‍💼 woman_office_worker business
👩‍🔧 woman_mechanic
👩‍🔬 woman_scientist research
👩‍🚀 woman_astronaut space
👩‍🚒 woman_firefighter
👩‍🦯 woman_with_probing_cane
👩‍🦰 red_haired_woman
👩‍🦱 curly_haired_woman
👩‍🦲 bald_woman
👩‍🦳 white_haired_woman
👩‍🦼 woman_in_motorized_wheelchair
👩‍🦽 woman_in_manual_wheelchair
 family home,parents,child
 couple date
 two_men_holding_hands couple,date
 two_women_holding_hands couple,date
 police_officer,cop law
👮‍♀️ policewoman law,cop
👮‍♂️ policeman law,cop
 dancers bunny
👯‍♀️ dancing_women bunny
👯‍♂️ dancing_men bunny
 person_with_veil marriage,wedding
👰‍♀️ woman_with_veil,bride_with_veil
👰‍♂️ man_with_veil
 blond_haired_person
👱‍♀️ blond_haired_woman,blonde_woman
👱‍♂️ blond_haired_man
 man_with_gua_pi_mao
 person_with_turban
👳‍♀️ woman_with_turban
👳‍♂️ man_with_turban
 older_man
 older_woman
 baby child,newborn
 construction_worker helmet
👷‍♀️ construction_worker_woman helmet
👷‍♂️ construction_worker_man helmet
 princess crown,royal
 japanese_ogre monster
 japanese_goblin
 ghost halloween
 angel
 alien ufo
 space_invader game,retro
 imp angry,devil,evil,horns
 skull dead,danger,poison
 tipping_hand_person,information_desk_person
💁‍♀️ tipping_hand_woman,sassy_woman information
💁‍♂️ tipping_hand_man,sassy_man information
 guard
💂‍♀️ guardswoman
💂‍♂️ guardsman
 woman_dancing,dancer dress
 lipstick makeup
 nail_care beauty,manicure
 massage spa
💆‍♀️ massage_woman spa
💆‍♂️ massage_man spa
 haircut beauty
💇‍♀️ haircut_woman
💇‍♂️ haircut_man
 barber
 syringe health,hospital,needle
 pill health,medicine
 kiss lipstick
 love_letter email,envelope
 ring wedding,marriage,engaged
 gem diamond
 couplekiss
 bouquet flowers
 couple_with_heart
 wedding marriage
 heartbeat
 broken_heart
 two_hearts
 sparkling_heart
 heartpulse
 cupid love,heart
 blue_heart
 green_heart
 yellow_heart
 purple_heart
 gift_heart chocolates
 revolving_hearts
 heart_decoration
 diamond_shape_with_a_dot_inside
 bulb idea,light
 anger angry
 bomb boom
 zzz sleeping
 boom,collision explode
 sweat_drops water,workout
 droplet water
 dash wind,blow,fast
 hankey,poop,shit crap
 muscle flex,bicep,strong,workout
 dizzy star
 speech_balloon comment
 thought_balloon thinking
 white_flower
 100 score,perfect
 moneybag dollar,cream
 currency_exchange
 heavy_dollar_sign
 credit_card subscription
 yen
 dollar money
 euro
 pound
 money_with_wings dollar
 chart
 seat
 computer desktop,screen
 briefcase business
 minidisc
 floppy_disk save
 cd
 dvd
 file_folder directory
 open_file_folder
 page_with_curl
 page_facing_up document
 date calendar,schedule
 calendar schedule
 card_index
 chart_with_upwards_trend graph,metrics
 chart_with_downwards_trend graph,metrics
 bar_chart stats,metrics
 clipboard
 pushpin location
 round_pushpin location
 paperclip
 straight_ruler
 triangular_ruler
 bookmark_tabs
 ledger
 notebook
 notebook_with_decorative_cover
 closed_book
 book,open_book
 green_book
 blue_book
 orange_book
 books library
 name_badge
 scroll document
 memo,pencil document,note
 telephone_receiver call
 pager
 fax
 satellite signal
 loudspeaker announcement
 mega
 outbox_tray
 inbox_tray
 package shipping
 email,e-mail
 incoming_envelope
 envelope_with_arrow
 mailbox_closed
 mailbox
 mailbox_with_mail
 mailbox_with_no_mail
 postbox
 postal_horn
 newspaper press
 iphone smartphone,mobile
 calling incoming
 vibration_mode
 mobile_phone_off mute
 no_mobile_phones
 signal_strength wifi
 camera photo
 camera_flash photo
 video_camera
 tv
 radio podcast
 vhs
📽️ film_projector
📿 prayer_beads
 twisted_rightwards_arrows shuffle
 repeat loop
 repeat_one
 arrows_clockwise
 arrows_counterclockwise sync
 low_brightness
 high_brightness
 mute sound,volume
 speaker
 sound volume
 loud_sound volume
 battery power
 electric_plug
 mag search,zoom
 mag_right
 lock_with_ink_pen
 closed_lock_with_key security
 key lock,password
 lock security,private
 unlock security
 bell sound,notification
 no_bell volume,off
 bookmark
 link
 radio_button
 back
 end
 on
 soon
 top
 underage
 keycap_ten
 capital_abcd letters
 abcd
 1234 numbers
 symbols
 abc alphabet
 fire burn
 flashlight
 wrench tool
 hammer tool
 nut_and_bolt
 hocho,knife cut,chop
 gun shoot,weapon
 microscope science,laboratory,investigate
 telescope
 crystal_ball fortune
 six_pointed_star
 beginner
 trident
 black_square_button
 white_square_button
 red_circle
 large_blue_circle
 large_orange_diamond
 large_blue_diamond
 small_orange_diamond
 small_blue_diamond
 small_red_triangle
 small_red_triangle_down
 arrow_up_small
 arrow_down_small
🕉️ om
🕊️ dove peace
 kaaba
 mosque
 synagogue
 menorah
🕐 clock1
 clock2
 clock3
 clock4
 clock5
 clock6
 clock7
 clock8
 clock9
 clock10
 clock11
 clock12
 clock130
 clock230
 clock330
 clock430
 clock530
 clock630
 clock730
 clock830
 clock930
 clock1030
 clock1130
 clock1230
🕯️ candle
🕰️ mantelpiece_clock
🕳️ hole
🕴️ business_suit_levitating
🕵️ detective sleuth
🕵️‍♀️ female_detective sleuth
🕵️‍♂️ male_detective sleuth
🕶️ dark_sunglasses
🕷️ spider
🕸️ spider_web
🕹️ joystick
 man_dancing dancer
🖇️ paperclips
🖊️ pen
🖋️ fountain_pen
🖌️ paintbrush
🖍️ crayon
🖐️ raised_hand_with_fingers_splayed
🖕 middle_finger,fu
 vulcan_salute prosper,spock
🖤 black_heart
🖥️ desktop_computer
🖨️ printer
🖱️ computer_mouse
🖲️ trackball
🖼️ framed_picture
🗂️ card_index_dividers
🗃️ card_file_box
🗄️ file_cabinet
🗑️ wastebasket trash
🗒️ spiral_notepad
🗓️ spiral_calendar
🗜️ clamp
🗝️ old_key
🗞️ newspaper_roll press
🗡️ dagger
🗣️ speaking_head
🗨️ left_speech_bubble
🗯️ right_anger_bubble
🗳️ ballot_box
🗺️ world_map travel
 mount_fuji
 tokyo_tower
 statue_of_liberty
 japan
 moyai stone
 grinning smile,happy
 grin
 joy tears
 smiley happy,joy,haha
 smile happy,joy,laugh,pleased
 sweat_smile hot
 laughing,satisfied happy,haha
 innocent angel
 smiling_imp devil,evil,horns
 wink flirt
 blush proud
 yum tongue,lick
 relieved whew
 heart_eyes love,crush
 sunglasses cool
 smirk smug
 neutral_face meh
 expressionless
 unamused meh
 sweat
 pensive
 confused
 confounded
 kissing
 kissing_heart flirt
 kissing_smiling_eyes
 kissing_closed_eyes
 stuck_out_tongue
 stuck_out_tongue_winking_eye prank,silly
 stuck_out_tongue_closed_eyes prank
 disappointed sad
 worried nervous
 angry mad,annoyed
 rage,pout angry
 cry sad,tear
 persevere struggling
 triumph smug
 disappointed_relieved phew,sweat,nervous
 frowning
 anguished stunned
 fearful scared,shocked,oops
 weary tired
 sleepy tired
 tired_face upset,whine
 grimacing
 sob sad,cry,bawling
 open_mouth surprise,impressed,wow
😮‍💨 face_exhaling
 hushed silence,speechless
 cold_sweat nervous
 scream horror,shocked
 astonished amazed,gasp
 flushed
 sleeping zzz
 dizzy_face
😵‍💫 face_with_spiral_eyes
 no_mouth mute,silence
😶‍🌫️ face_in_clouds
 mask sick,ill
 smile_cat
 joy_cat
 smiley_cat
 heart_eyes_cat
 smirk_cat
 kissing_cat
 pouting_cat
 crying_cat_face sad,tear
 scream_cat horror
 slightly_frowning_face
 slightly_smiling_face
 upside_down_face
 roll_eyes
 no_good stop,halt,denied
🙅‍♀️ no_good_woman,ng_woman stop,halt,denied
🙅‍♂️ no_good_man,ng_man stop,halt,denied
 ok_person
🙆‍♀️ ok_woman
🙆‍♂️ ok_man
 bow respect,thanks
🙇‍♀️ bowing_woman respect,thanks
🙇‍♂️ bowing_man respect,thanks
 see_no_evil monkey,blind,ignore
 hear_no_evil monkey,deaf
 speak_no_evil monkey,mute,hush
 raising_hand
🙋‍♀️ raising_hand_woman
🙋‍♂️ raising_hand_man
 raised_hands hooray
 frowning_person
🙍‍♀️ frowning_woman
🙍‍♂️ frowning_man
 pouting_face
🙎‍♀️ pouting_woman
🙎‍♂️ pouting_man
 pray please,hope,wish
🚀 rocket ship,launch
 helicopter
 steam_locomotive train
 railway_car
 bullettrain_side
 bullettrain_front
 train2
 metro
 light_rail
 station
 tram
 train
 bus
 oncoming_bus
 trolleybus
 busstop
 minibus
 ambulance
 fire_engine
 police_car
 oncoming_police_car
 taxi
 oncoming_taxi
 car,red_car
 oncoming_automobile
 blue_car
 truck
 articulated_lorry
 tractor
 monorail
 mountain_railway
 suspension_railway
 mountain_cableway
 aerial_tramway
 ship
 rowboat
🚣‍♀️ rowing_woman
🚣‍♂️ rowing_man
 speedboat ship
 traffic_light
 vertical_traffic_light semaphore
 construction wip
 rotating_light 911,emergency
 triangular_flag_on_post
 door
 no_entry_sign block,forbidden
 smoking cigarette
 no_smoking
 put_litter_in_its_place
 do_not_litter
 potable_water
 non-potable_water
 bike bicycle
 no_bicycles
 bicyclist
🚴‍♀️ biking_woman
🚴‍♂️ biking_man
 mountain_bicyclist
🚵‍♀️ mountain_biking_woman
🚵‍♂️ mountain_biking_man
 walking
🚶‍♀️ walking_woman
🚶‍♂️ walking_man
 no_pedestrians
 children_crossing
 mens
 womens
 restroom toilet
 baby_symbol
 toilet wc
 wc toilet,restroom
 shower bath
 bath shower
 bathtub
 passport_control
 customs
 baggage_claim airport
 left_luggage
🛋️ couch_and_lamp
 sleeping_bed
🛍️ shopping bags
🛎️ bellhop_bell
🛏️ bed
 place_of_worship
 stop_sign
 shopping_cart
🛕 hindu_temple
 hut
 elevator
🛜 wireless wifi
 playground_slide
 wheel
 ring_buoy life_preserver
🛠️ hammer_and_wrench
🛡️ shield
🛢️ oil_drum
🛣️ motorway
🛤️ railway_track
🛥️ motor_boat
🛩️ small_airplane flight
🛫 flight_departure
 flight_arrival
🛰️ artificial_satellite orbit,space
🛳️ passenger_ship cruise
 kick_scooter
 motor_scooter
 canoe
 sled
 flying_saucer ufo
 skateboard
 auto_rickshaw
 pickup_truck
 roller_skate
🟠 orange_circle
 yellow_circle
 green_circle
 purple_circle
 brown_circle
 red_square
 blue_square
 orange_square
 yellow_square
 green_square
 purple_square
 brown_square
🟰 heavy_equals_sign
🤌 pinched_fingers
 white_heart
 brown_heart
 pinching_hand
 zipper_mouth_face silence,hush
 money_mouth_face rich
 face_with_thermometer sick
 nerd_face geek,glasses
 thinking
 face_with_head_bandage hurt
 robot
 hugs
 metal
 call_me_hand
 raised_back_of_hand
 fist_left
 fist_right
 handshake deal
 crossed_fingers luck,hopeful
 love_you_gesture
 cowboy_hat_face
 clown_face
 nauseated_face sick,barf,disgusted
 rofl lol,laughing
 drooling_face
 lying_face liar
 facepalm
🤦‍♀️ woman_facepalming
🤦‍♂️ man_facepalming
 sneezing_face achoo,sick
 raised_eyebrow suspicious
 star_struck eyes
 zany_face goofy,wacky
 shushing_face silence,quiet
 cursing_face foul
 hand_over_mouth quiet,whoops
 vomiting_face barf,sick
 exploding_head mind,blown
 pregnant_woman
 breast_feeding nursing
 palms_up_together
 selfie
 prince crown,royal
 person_in_tuxedo groom,marriage,wedding
🤵‍♀️ woman_in_tuxedo
🤵‍♂️ man_in_tuxedo
 mrs_claus santa
 shrug
🤷‍♀️ woman_shrugging
🤷‍♂️ man_shrugging
 cartwheeling
🤸‍♀️ woman_cartwheeling
🤸‍♂️ man_cartwheeling
 juggling_person
🤹‍♀️ woman_juggling
🤹‍♂️ man_juggling
 person_fencing
🤼 wrestling
🤼‍♀️ women_wrestling
🤼‍♂️ men_wrestling
 water_polo
🤽‍♀️ woman_playing_water_polo
🤽‍♂️ man_playing_water_polo
 handball_person
🤾‍♀️ woman_playing_handball
🤾‍♂️ man_playing_handball
 diving_mask
 wilted_flower
 drum
 clinking_glasses cheers,toast
 tumbler_glass whisky
 spoon
 goal_net
🥇 1st_place_medal gold
 2nd_place_medal silver
 3rd_place_medal bronze
 boxing_glove
 martial_arts_uniform
 curling_stone
 lacrosse
 softball
 flying_disc
 croissant
 avocado
 cucumber
 bacon
 potato
 carrot
 baguette_bread
 green_salad
 shallow_pan_of_food paella,curry
 stuffed_flatbread
 egg
 milk_glass
 peanuts
 kiwi_fruit
 pancakes
 dumpling
 fortune_cookie
 takeout_box
 chopsticks
 bowl_with_spoon
 cup_with_straw
 coconut
 broccoli
 pie
 pretzel
 cut_of_meat
 sandwich
 canned_food
 leafy_green
 mango
 moon_cake
 bagel
 smiling_face_with_three_hearts love
 yawning_face
 smiling_face_with_tear
 partying_face celebration,birthday
 woozy_face groggy
 hot_face heat,sweating
 cold_face freezing,ice
 ninja
 disguised_face
 face_holding_back_tears gratitude
 pleading_face puppy,eyes
 sari
 lab_coat
 goggles
 hiking_boot
 flat_shoe
 crab
 lion
 scorpion
 turkey thanksgiving
 unicorn
 eagle
 duck
 bat
 shark
 owl
 fox_face
 butterfly
 deer
 gorilla
 lizard
 rhinoceros
 shrimp
 squid
 giraffe
 zebra
 hedgehog
 sauropod dinosaur
 t-rex dinosaur
 cricket
 kangaroo
 llama
 peacock
 hippopotamus
 parrot
 raccoon
 lobster
 mosquito
 microbe germ
 badger
 swan
 mammoth
 dodo
 sloth
 otter
 orangutan
 skunk
 flamingo
 oyster
 beaver
 bison
 seal
 guide_dog
 probing_cane
🦴 bone
 leg
 foot
 tooth
 superhero
🦸‍♀️ superhero_woman
🦸‍♂️ superhero_man
 supervillain
🦹‍♀️ supervillain_woman
🦹‍♂️ supervillain_man
 safety_vest
 ear_with_hearing_aid
 motorized_wheelchair
 manual_wheelchair
 mechanical_arm
 mechanical_leg
 cheese
 cupcake
 salt
 beverage_box
 garlic
 onion
 falafel
 waffle
 butter
 mate
 ice_cube
 bubble_tea
 troll
 standing_person
🧍‍♀️ standing_woman
🧍‍♂️ standing_man
 kneeling_person
🧎‍♀️ kneeling_woman
🧎‍♂️ kneeling_man
 deaf_person
🧏‍♀️ deaf_woman
🧏‍♂️ deaf_man
 monocle_face
 adult
🧑‍⚕️ health_worker
🧑‍⚖️ judge
🧑‍✈️ pilot
🧑‍🌾 farmer
🧑‍🍳 cook
🧑‍🍼 person_feeding_baby
🧑‍🎄 mx_claus
🧑‍🎓 student
🧑‍🎤 singer
🧑‍🎨 artist
🧑‍🏫 teacher
🧑‍🏭 factory_worker
🧑‍💻 technologist
🧑‍💼 office_worker
🧑‍🔧 mechanic
🧑‍🔬 scientist
🧑‍🚀 astronaut
🧑‍🚒 firefighter
🧑‍🤝‍🧑 people_holding_hands couple,date
🧑‍🦯 person_with_probing_cane
🧑‍🦰 person_red_hair
🧑‍🦱 person_curly_hair
🧑‍🦲 person_bald
🧑‍🦳 person_white_hair
🧑‍🦼 person_in_motorized_wheelchair
🧑‍🦽 person_in_manual_wheelchair
 child
 older_adult
 bearded_person
🧔‍♀️ woman_beard
🧔‍♂️ man_beard
 woman_with_headscarf hijab
 sauna_person steamy
🧖‍♀️ sauna_woman steamy
🧖‍♂️ sauna_man steamy
 climbing bouldering
🧗‍♀️ climbing_woman bouldering
🧗‍♂️ climbing_man bouldering
 lotus_position meditation
🧘‍♀️ lotus_position_woman meditation
🧘‍♂️ lotus_position_man meditation
 mage wizard
🧙‍♀️ mage_woman wizard
🧙‍♂️ mage_man wizard
 fairy
🧚‍♀️ fairy_woman
🧚‍♂️ fairy_man
 vampire
🧛‍♀️ vampire_woman
🧛‍♂️ vampire_man
 merperson
🧜‍♀️ mermaid
🧜‍♂️ merman
 elf
🧝‍♀️ elf_woman
🧝‍♂️ elf_man
 genie
🧞‍♀️ genie_woman
🧞‍♂️ genie_man
 zombie
🧟‍♀️ zombie_woman
🧟‍♂️ zombie_man
 brain
 orange_heart
 billed_cap
 scarf
 gloves
 coat
 socks
 red_envelope
 firecracker
 jigsaw
 test_tube
 petri_dish
 dna
 compass
 abacus
 fire_extinguisher
 toolbox
 bricks
 magnet
 luggage
 lotion_bottle
 thread
 yarn
 safety_pin
 teddy_bear
 broom
 basket
 roll_of_paper toilet
 soap
 sponge
 receipt
 nazar_amulet
🩰 ballet_shoes
 one_piece_swimsuit
 swim_brief
 shorts
 thong_sandal
 light_blue_heart
 grey_heart
 pink_heart
 drop_of_blood
 adhesive_bandage
 stethoscope
 x_ray
 crutch
🪀 yo_yo
 kite
 parachute
 boomerang
 magic_wand
 pinata
 nesting_dolls
 maracas shaker
 flute recorder
🪐 ringed_planet
 chair
 razor
 axe
 diya_lamp
 banjo
 military_helmet
 accordion
 long_drum
 coin
 carpentry_saw
 screwdriver
 ladder
 hook
 mirror
 window
 plunger
 sewing_needle
 knot
 bucket
 mouse_trap
 toothbrush
 headstone
 placard
 rock
 mirror_ball disco,party
 identification_card
 low_battery
 hamsa
 folding_hand_fan sensu
 hair_pick
 khanda
 fly
 worm
 beetle
 cockroach
 potted_plant
 wood
 feather
 lotus
 coral
 empty_nest
 nest_with_eggs
 hyacinth
 jellyfish
 wing fly
🪿 goose honk
 anatomical_heart
 lungs
 people_hugging
 pregnant_man
 pregnant_person
 person_with_crown
🫎 moose canada
 donkey mule
 blueberries
 bell_pepper
 olive
 flatbread
 tamale
 fondue
 teapot
 pouring_liquid
 beans
 jar
 ginger_root
 pea_pod
🫠 melting_face sarcasm,dread
 saluting_face respect
 face_with_open_eyes_and_hand_over_mouth gasp,shock
 face_with_peeking_eye
 face_with_diagonal_mouth confused
 dotted_line_face invisible
 biting_lip
 bubbles
 shaking_face shock
🫰 hand_with_index_finger_and_thumb_crossed
 rightwards_hand
 leftwards_hand
 palm_down_hand
 palm_up_hand
 index_pointing_at_the_viewer
 heart_hands love
 leftwards_pushing_hand
 rightwards_pushing_hand`;
